"""Sends a test message to one destination: whether its address, secret and service work before a report needs them."""

from pathlib import Path
from tempfile import TemporaryDirectory

from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.delivery.dispatch import Delivery, planned_sends
from spendready_pipeline.delivery.failures import NotDeliveredError
from spendready_pipeline.delivery.message import Message
from spendready_pipeline.errors import OrgError

FILE = "spendready-trial.txt"


def send_trial(destination: Destination) -> list[str]:
    """Sends a test message, or writes a small file; the outbox does not record it.

    Returns:
        Who got it: the recipients of a mail, else the destination's name.

    Raises:
        OrgError: Some recipients did not get it; the others did.
    """
    what = {"failure": "an alert when an audit fails", "changes": "the report of each week in which something changed"}
    message = Message(
        title=f"SpendReady: test message for {destination.name}",
        lead=f"This destination gets {what.get(destination.on, 'the report of each week')}. This is only a test.",
        is_alert=destination.on == "failure",
    )
    sent, problems = [], []
    with TemporaryDirectory() as folder:
        file = Path(folder, FILE)
        file.write_text(f"{message.title}\n", encoding="utf-8")
        for recipient, _, send in planned_sends(Delivery("trial", message, files={FILE: file}), destination):
            try:
                send()
                sent.append(recipient)
            except NotDeliveredError as failure:
                problems.append(f"{recipient}: {failure.reason}")
    if problems:
        raise OrgError("; ".join(problems), "Check the destination's `to` in spendready.yml, and the service behind it")
    return sent
