"""Deliver: the week's report to the destinations of spendready.yml, once each."""

from collections.abc import Mapping

import dagster as dg

from assets.publish import findings_database
from assets.report import WEEKLY_REPORT
from spendready_pipeline.delivery import NotDeliveredEverywhereError, deliver
from spendready_pipeline.orchestration.definitions import DELIVERY
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.orchestration.resources import ORGS, Audit


@dg.asset(
    key=DELIVERY,
    group_name="deliver",
    owners=["team:security"],
    kinds={"apprise"},
    partitions_def=ORGS,
    deps=[WEEKLY_REPORT, findings_database.key],
    description="Mail, chat, folders and object stores: each destination gets the week once, whatever is retried.",
)
def weekly_delivery(context: dg.AssetExecutionContext, audit: Audit) -> dg.MaterializeResult[None]:
    """Sends what has not been sent; a destination that fails stops no other and fails the run in the end."""
    with as_dagster_failure():
        try:
            # A run that does nothing but deliver was asked for by a person, who knows what has changed since.
            only_delivery = context.run.asset_selection == {DELIVERY}
            outcomes = deliver(audit.files, audit.destinations, audit.again, retry_refused=only_delivery)
        except NotDeliveredEverywhereError as error:
            _tell(context, {name: what for name, what in error.outcomes.items() if _arrived(what)})
            raise
    _tell(context, outcomes)
    return dg.MaterializeResult(metadata=dict(outcomes))


def _arrived(outcome: str) -> bool:
    return outcome.partition(",")[0] in ("sent", "sent before")


def _tell(context: dg.AssetExecutionContext, outcomes: Mapping[str, str]) -> None:
    if outcomes:
        progress(context)(f"delivered: {', '.join(f'{name} ({what})' for name, what in outcomes.items())}")
