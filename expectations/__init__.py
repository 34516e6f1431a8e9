"""Great Expectations suites over the raw tables: one module a Salesforce object, named as its table.

The suites say what is expected; `spendready_pipeline.quality.validation` judges. Importing this package does not import
Great Expectations, which takes seconds: Dagster reads `CHECKS` whenever it loads.
"""

from importlib import import_module

from expectations.checks import field_types
from spendready_pipeline.catalog.salesforce_objects import OBJECTS
from spendready_pipeline.quality.validation import Check, Severity

_SUITES: dict[str, tuple[Check, ...]] = {
    each.name: (*import_module(f"{__name__}.{each.table}").suite(), field_types(each.name)) for each in OBJECTS
}

CHECKS: tuple[tuple[str, str, Severity, str], ...] = tuple(
    (name, check.name, check.severity, check.description) for name, suite in _SUITES.items() for check in suite
)
"""Every check: the object's name, the check's name, its severity, and why it is there."""


def suite_of(object_name: str) -> tuple[Check, ...]:
    """What is expected of an object of the catalogue, by its Salesforce name."""
    return _SUITES[object_name]
