"""Delivery: sends the weekly report and alerts to each destination once, and reports which did not get them."""

from spendready_pipeline.delivery.alerts import (
    alert_of_failure,
    alert_of_full_disk,
    alert_of_missed_audit,
    retry_pending_alerts,
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
    "alert_of_failure",
    "alert_of_full_disk",
    "alert_of_missed_audit",
    "deliver",
    "packed",
    "retry_pending_alerts",
    "send_trial",
]
