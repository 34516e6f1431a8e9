"""Delivery: carries a week's report, or an alert, to each destination once, and says which did not get it."""

from spendready_pipeline.delivery.alerts import (
    alert_again,
    alert_of_failure,
    alert_of_full_disk,
    alert_of_missed_audit,
)
from spendready_pipeline.delivery.message import Message, Part
from spendready_pipeline.delivery.report_delivery import NotDeliveredEverywhereError, deliver
from spendready_pipeline.delivery.trial import send_trial
from spendready_pipeline.delivery.week import Week, packed

__all__ = [
    "Message",
    "NotDeliveredEverywhereError",
    "Part",
    "Week",
    "alert_again",
    "alert_of_failure",
    "alert_of_full_disk",
    "alert_of_missed_audit",
    "deliver",
    "packed",
    "send_trial",
]
