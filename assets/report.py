"""Report: the weekly PDF of one org."""

from base64 import b64encode
from pathlib import Path

import dagster as dg

from assets.freshness import ONCE_A_TICK
from assets.models import models
from reports import build
from reports.preview import page_one
from reports.sections.summary import verdict
from spendready_pipeline.delivery.message import sanitize
from spendready_pipeline.orchestration.logging import progress
from spendready_pipeline.orchestration.outcomes import as_dagster_failure
from spendready_pipeline.orchestration.resources import ORGS, Audit
from spendready_pipeline.review import SEVERITIES, Review, read_review
from spendready_pipeline.storage.files import OrgFiles, write_atomically
from spendready_pipeline.storage.warehouse import open_warehouse

WEEKLY_REPORT = dg.AssetKey(["report", "weekly_report"])


@dg.asset(
    key=WEEKLY_REPORT,
    group_name="report",
    owners=["team:security"],
    kinds={"reportlab"},
    partitions_def=ORGS,
    freshness_policy=ONCE_A_TICK,
    deps=[key for key in models.keys if key.path[0] == "marts"],
    description="The PDF that security, IT and RevOps open: each finding with its evidence, cost and remediation.",
)
def weekly_report(context: dg.AssetExecutionContext, audit: Audit) -> dg.MaterializeResult[None]:
    """Reads the review from the marts and writes the document, as a whole or not at all."""
    with as_dagster_failure():
        with open_warehouse(audit.files.warehouse) as warehouse:
            review = read_review(warehouse)
        path, document = write_report(audit.files, review)
    tell = progress(context)
    tell(f"report: {path}")
    tell(verdict(review))
    for each in review.policy_warnings:
        tell(sanitize(f"policy: {each.warning}"))
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(path),
            "page one": preview(document),
            "week by week": weeks(review),
            "bytes": len(document),
            **figures(review),
        }
    )


def write_report(files: OrgFiles, review: Review) -> tuple[Path, bytes]:
    """Writes the document of a review, and gives its path and its content."""
    path, document = files.report(review.snapshot_at.date()), build(review)
    write_atomically(path, document)
    return path, document


def preview(document: bytes) -> dg.MarkdownMetadataValue:
    """Page one as a picture within Dagster's event, which is kept for ever: small, and readable all the same."""
    return dg.MetadataValue.md(f"![Page one](data:image/png;base64,{b64encode(page_one(document, 600)).decode()})")


def weeks(review: Review) -> dg.TableMetadataValue:
    """The org's own weeks: Dagster's plots over time run through the reports of all orgs."""
    return dg.MetadataValue.table(
        [
            dg.TableRecord({"week of": f"{each.snapshot_date}", **{name: getattr(each, name) for name in SEVERITIES}})
            for each in review.trend
        ],
        dg.TableSchema([dg.TableColumn("week of"), *(dg.TableColumn(name, "int") for name in SEVERITIES)]),
    )


def figures(review: Review) -> dict[str, int | float]:
    """What Dagster plots from run to run, under names that stay; no amount where nothing is priced."""
    counts: dict[str, int | float] = {
        **review.severities,
        "open": sum(review.severities.values()),
        "new": review.new.total,
        "fixed": review.resolved.total,
        "reopened": review.reopened.total,
        "waived": review.waived.total,
        "types not evaluated": sum(each.coverage == "not_evaluated" for each in review.types),
    }
    if review.money_at_stake is not None:
        counts["annual cost at stake"] = float(review.money_at_stake)
    return counts
