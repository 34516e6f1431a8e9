"""The review: what one snapshot found, read from the warehouse once and handed to the document.

What a page looks like is the business of `reports`; what is a finding is dbt's.
"""

from spendready_pipeline.catalog.labels import SEVERITIES
from spendready_pipeline.review.facts import STATUSES, Review
from spendready_pipeline.review.reading import read_review

__all__ = ["SEVERITIES", "STATUSES", "Review", "read_review"]
