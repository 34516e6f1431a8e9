"""Alerts by way of Dagster: a sensor stores what is to be sent, and a small run sends it.

Dagster cuts a sensor off after 60 seconds, less than a destination may take. A run has no such limit, and the UI shows
whether it succeeded.
"""

import dagster as dg
from pydantic import TypeAdapter

from spendready_pipeline.delivery import Alert, failure_alert, has_pending_alerts, queue_alert, send_alerts
from spendready_pipeline.delivery.message import Message
from spendready_pipeline.monitoring.missed_runs import AlertsToSend
from spendready_pipeline.orchestration.outcomes import outcome_of
from spendready_pipeline.settings import load_settings

SEND_ALERTS = "send_alerts"
SEND_STEP = "send_pending_alerts"
_FORM = TypeAdapter(Message)


class Sending(dg.Config):
    """The org whose pending alerts a run sends.

    Attributes:
        org: The org's name.
        occasion: Of an alert that the outbox could not store.
        message: What that says, as JSON.
    """

    org: str
    occasion: str = ""
    message: str = ""


def request_of(to_send: AlertsToSend) -> dg.RunRequest:
    """The request of a run that sends alerts."""
    config = {"org": to_send.org}
    if to_send.alert:
        message = _FORM.dump_json(to_send.alert.message).decode()
        config |= {"occasion": to_send.alert.occasion, "message": message}
    return dg.RunRequest(
        run_key=to_send.key,
        run_config={"ops": {SEND_STEP: {"config": config}}},
        tags={"spendready/org": to_send.org},
    )


def request_of_failed_run(instance: dg.DagsterInstance, run_id: str) -> dg.RunRequest | dg.SkipReason:
    """Stores the alert of a run that failed, and requests the run that sends it, unless it was sent before."""
    outcome = outcome_of(instance, run_id)
    alert = failure_alert(outcome) if outcome.org else None
    if alert is None:
        return dg.SkipReason("Nothing failed that anybody is alerted of")
    settings = load_settings()
    files = settings.files(outcome.org)
    unstored = queue_alert(files, settings.delivery, alert)
    if not unstored and not has_pending_alerts(files, settings.delivery):
        return dg.SkipReason("Its alert was sent before")
    return request_of(AlertsToSend(outcome.org, run_id, unstored))


def send(sending: Sending) -> dict[str, str]:
    """Sends the pending alerts of an org; gives the result of each destination."""
    settings = load_settings(org=sending.org)
    alert = Alert(sending.occasion, _FORM.validate_json(sending.message)) if sending.message else None
    return send_alerts(settings.files(sending.org), settings.delivery, alert)
