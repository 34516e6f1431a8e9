"""Deliver: the week's report to the destinations of spendready.yml, once each."""

import dagster as dg

from assets.publish import findings_database
from assets.report import weekly_report
from spendready_pipeline.delivery import deliver
from spendready_pipeline.orchestration.definitions import DELIVERY, is_only_delivery
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.orchestration.resources import ORGS, Audit


class Delivery(dg.Config):
    """What a person may ask of a delivery.

    Attributes:
        resend_to: A destination that gets the week again, even where it has it.
    """

    resend_to: str | None = None


@dg.asset(
    key=DELIVERY,
    group_name="deliver",
    owners=["team:security"],
    kinds={"apprise"},
    partitions_def=ORGS,
    deps=[weekly_report.key, findings_database.key],
    description="Mail, chat, folders and object stores: each destination gets the week once, whatever is retried.",
)
def weekly_delivery(context: dg.AssetExecutionContext, config: Delivery, audit: Audit) -> dg.MaterializeResult[None]:
    """Sends what has not been sent; a destination that fails stops no other and fails the run in the end."""
    with as_dagster_failure():
        outcomes = deliver(
            audit.files,
            audit.settings.delivery,
            config.resend_to,
            # A run that does nothing but deliver was asked for by a person, who knows what has changed since.
            retry_refused=is_only_delivery(context.run),
            report=progress(context),
        )
    return dg.MaterializeResult(metadata=dict(outcomes))
