"""Delivery: sends the weekly report and alerts to each destination once, and reports which did not get them."""

from spendready_pipeline.delivery.alerts import (
    Alert,
    alert_of_failure,
    alert_of_full_disk,
    failure_alert,
    has_pending_alerts,
    missed_audit_alert,
    queue_alert,
    retry_pending_alerts,
    send_alerts,
)
from spendready_pipeline.delivery.message import Message, Part
from spendready_pipeline.delivery.report_delivery import deliver
from spendready_pipeline.delivery.trial import send_trial
from spendready_pipeline.delivery.week import Week, packed

__all__ = [
    "Alert",
    "Message",
    "Part",
    "Week",
    "alert_of_failure",
    "alert_of_full_disk",
    "deliver",
    "failure_alert",
    "has_pending_alerts",
    "missed_audit_alert",
    "packed",
    "queue_alert",
    "retry_pending_alerts",
    "send_alerts",
    "send_trial",
]
