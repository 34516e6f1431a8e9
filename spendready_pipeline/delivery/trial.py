"""A trial of one destination: whether its address, its secret and its service work, before a report needs them."""

from pathlib import Path
from tempfile import TemporaryDirectory

from spendready_pipeline.delivery.configuration import Destination
from spendready_pipeline.delivery.dispatch import Parcel, errands
from spendready_pipeline.delivery.failures import NotDeliveredError
from spendready_pipeline.delivery.message import Message
from spendready_pipeline.errors import OrgError

FILE = "spendready-trial.txt"


def send_trial(destination: Destination) -> list[str]:
    """Sends a message that says it is a trial, or puts a small file; the ledger hears nothing of it.

    Args:
        destination: One of the settings.

    Returns:
        Whom it was sent to: of a mail its recipients, else the destination's name.

    Raises:
        OrgError: It was not sent to all of them; the others have it.
    """
    what = {"failure": "what goes wrong with an audit", "changes": "each week in which something changed"}
    message = Message(
        title=f"SpendReady: a trial of {destination.name}",
        lead=f"This destination is to be told {what.get(destination.on, 'of each week')}. Nothing has happened.",
        is_alert=destination.on == "failure",
    )
    sent, problems = [], []
    with TemporaryDirectory() as folder:
        file = Path(folder, FILE)
        file.write_text(f"{message.title}\n", encoding="utf-8")
        for who, _, act in errands(Parcel("trial", message, files={FILE: file}), destination):
            try:
                act()
                sent.append(who)
            except NotDeliveredError as failure:
                problems.append(f"{who}: {failure.reason}")
    if problems:
        raise OrgError("; ".join(problems), "Look at the destination's `to` in spendready.yml, and at what is there")
    return sent
