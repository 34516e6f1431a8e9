"""The questions of docs/queries.md, asked of an audited org as the page says."""

import json
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import NOW
from tests.dbt.planted import declared
from tests.pipeline.companies import REPOSITORY, Company

PAGE = (REPOSITORY / "docs" / "queries.md").read_text(encoding="utf-8")
QUESTIONS = {
    part.partition("\n")[0]: part.partition("\n")[2].partition("\n## ")[0] for part in PAGE.split("\n### ")[1:]
}


def sql_of(question: str) -> str:
    (sql,) = re.findall(r"```sql\n(.*?)```", QUESTIONS[question], re.DOTALL)
    return str(sql)


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_has_an_answer(audited: Company, question: str) -> None:
    rows = audited.published(sql_of(question))
    assert rows or "May be empty" in QUESTIONS[question]


def test_each_published_table_and_column_says_what_it_means(audited: Company) -> None:
    for kind, name in (("tables", "table_name"), ("columns", "table_name || '.' || column_name")):
        said = audited.published(f"select {name} as name, comment from duckdb_{kind}() where not internal")
        assert said
        assert [each["name"] for each in said if not each["comment"]] == []


def test_the_python_example_reads_the_week(audited: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.chdir(audited.folder)
    names: dict[str, Any] = {}
    exec(code.replace("data/acme/", "data/demo/"), names)
    active = audited.published("select who_acts, count(*) as n from findings where status <> 'waived' group by 1")
    assert dict(names["answer"]) == {row["who_acts"]: row["n"] for row in active}


def planted_seats(company: Company) -> dict[tuple[str, str], tuple[str, int, Decimal]]:
    """Licence, seats and cost a year of each seat that can be cut: a user's licence once, whatever its findings."""
    waived = {
        (each["finding_type"], each["subject"].strip().lower())
        for each in company.org.policy["waivers"]
        if date.fromisoformat(str(each["expires"])) >= NOW.date()
    }
    seats = {}
    for row in map(declared, company.org.planted("finding")):
        if row["annual_cost"] is None or (row["finding_type"], (row["username"] or "").lower()) in waived:
            continue
        own = json.loads(row["own"])
        kind = row["finding_type"] if row["finding_type"] in {"psl_unused", "license_seats_unassigned"} else "user"
        licence = own.get("license_name") or own["psl_name"]
        seats[kind, row["subject_id"]] = (licence, own.get("unassigned_seats", 1), Decimal(row["annual_cost"]))
    return seats


def test_what_can_be_cut_counts_each_seat_once(audited: Company) -> None:
    seats = planted_seats(audited)
    priced = [row for row in map(declared, audited.org.planted("finding")) if row["annual_cost"] is not None]
    assert len(seats) < len(priced), "the org has users with several findings of one seat"
    (answer,) = audited.published(sql_of("What can we cut before renewal, and for how much?"))
    assert answer["seats_or_licences"] == len(seats)
    assert answer["annual_cost"] == sum(cost for _, _, cost in seats.values())


def test_what_can_be_cut_by_licence(audited: Company) -> None:
    number: Counter[str] = Counter()
    cost: dict[str, Decimal] = {}
    for licence, seats, price in planted_seats(audited).values():
        number[licence] += seats
        cost[licence] = cost.get(licence, Decimal(0)) + price
    answer = audited.published(sql_of("By licence?"))
    assert {row["licence"]: (row["seats"], row["annual_cost"]) for row in answer} == {
        licence: (number[licence], cost[licence]) for licence in number
    }
