"""The two files that people write into: the action plan of the week, and the access review.

They are new each week, and never at the cost of what somebody wrote: a file that was edited is kept under
`published/filled_in/` as it was saved, and what the action plan says of a finding that is still open is carried into
the next one. Decisions of an access review are not carried: last quarter's are no answer to this one's question.
"""

import codecs
import csv
import io
import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from spendready_pipeline.catalog.labels import severity_rank
from spendready_pipeline.storage.files import free_path, write_atomically
from spendready_pipeline.storage.safe_csv import CSV_ENCODING, fetched, write_csv, write_query

PLAN, REVIEW = "action_plan.csv", "access_review.csv"
WORKSHEETS = (PLAN, REVIEW)
FILLED_IN = "filled_in"
TO_FILL_IN = ("owner", "due_date", "note")

# The days are those of CISA's BOD 19-02 (critical 15, high 30) and of FedRAMP's continuous monitoring (90, 180).
ACTION_PLAN = f"""
    select
        findings.finding_id, findings.severity, findings.who_acts, types.title as problem,
        findings.subject_name as subject, findings.username, findings.summary as what_was_found,
        findings.remediation as what_to_do, findings.annual_cost, findings.currency, findings.first_seen,
        findings.snapshot_at,
        cast(coalesce(findings.reopened_at, findings.first_seen) at time zone 'UTC' as date)
            + map {{'critical': 15, 'high': 30, 'medium': 90, 'low': 180}}[findings.severity] as suggested_due_date
    from published.main.findings as findings
    left join published.main.finding_types as types on findings.finding_type = types.finding_type
    where findings.status in ('new', 'open')
    order by {severity_rank("findings.severity")}, findings.who_acts,
        findings.finding_type, findings.finding_id
"""  # noqa: S608 - words of ours

# Heads and values that access-review tools import: Vanta and SecureSlate ask for the first four columns (role and
# status of an account, its owner by e-mail), ConductorOne for User ID, Email Address, and Service or System as type.
ACCESS_REVIEW = """
    with open_findings as (
        select user_id, count(*) as findings
        from published.main.findings
        where status in ('new', 'open') and user_id is not null
        group by user_id
    )
    select
        accounts.username as "Account Name",
        if(accounts.kind = 'person', accounts.email, null) as "Account Owner",
        accounts.profile_name as "Role",
        if(accounts.is_active, 'Active', 'Deactivated') as "Status",
        accounts.user_id as "User ID",
        accounts.name as "Full Name",
        accounts.email as "Email Address",
        case accounts.kind
            when 'integration' then 'Service'
            when 'to_be_confirmed' then 'To be confirmed'
            else 'User'
        end as "User Type",
        list_transform(reasoned.reasons, lambda reason: replace(reason, '_', ' ')) as "Why",
        accounts.license_name as "License",
        cast(accounts.created_at at time zone 'UTC' as date) as "Date Created (UTC)",
        cast(accounts.last_activity_at at time zone 'UTC' as date) as "Last Activity (UTC)",
        coalesce(open_findings.findings, 0) as "Open Findings",
        null as "Keep or Remove",
        null as "Note"
    from published.main.accounts as accounts
    left join published.main.integration_users as reasoned on accounts.user_id = reasoned.user_id
    left join open_findings on accounts.user_id = open_findings.user_id
    where accounts.is_active and accounts.kind <> 'system'
    order by "User Type", lower(accounts.username), accounts.user_id
"""


def write_worksheets(warehouse: duckdb.DuckDBPyConnection, incoming: Path, published: Path) -> None:
    """Writes the week's files.

    Args:
        warehouse: Open, with the week's tables attached as `published`.
        incoming: The week's folder.
        published: Where last week's action plan is, as people left it.
    """
    write_query(warehouse, ACCESS_REVIEW, incoming / REVIEW)
    filled_in = _filled_in(published / PLAN)
    plan = warehouse.execute(ACTION_PLAN)
    columns = [column[0] for column in plan.description or []]
    with (incoming / PLAN).open("w", encoding=CSV_ENCODING, newline="") as stream:
        write_csv(
            stream,
            [*columns, *TO_FILL_IN],
            ([*row, *filled_in.get(row[0], ("",) * len(TO_FILL_IN))] for row in fetched(plan)),
        )


def keep_what_people_wrote(published: Path, weeks: Path, week: str) -> None:
    """Copies the files that were edited to `filled_in/`, before another week takes their place.

    Args:
        published: Where people open them.
        weeks: The folders of the weeks, with their files as nobody has edited them.
        week: The one that they are of.
    """
    kept = published / FILLED_IN
    for path in map(Path, WORKSHEETS):
        lived = published / path
        # A run that was killed before it put the new ones in place has kept them already, under their own week.
        known = [*weeks.glob(f"*/{path}"), *kept.glob(f"{path.stem}-*.csv")]
        if lived.is_file() and lived.read_bytes() not in [each.read_bytes() for each in known]:
            kept.mkdir(exist_ok=True)
            shutil.copy2(lived, free_path(kept / f"{path.stem}-{week}.csv"))


def put_in_place(week: Path, published: Path) -> None:
    """Puts the files of a week's folder where people open them."""
    for name in WORKSHEETS:
        write_atomically(published / name, (week / name).read_bytes())


def _filled_in(action_plan: Path) -> dict[str, tuple[str, ...]]:
    """What people wrote into last week's plan, by finding, also where a spreadsheet saved it in its own way.

    Nothing where it cannot be read: it is kept all the same.
    """
    if not action_plan.is_file():
        return {}
    with suppress(csv.Error):
        stream = io.StringIO(_text(action_plan.read_bytes()), newline="")
        # Of what is sniffed the delimiter alone: from a head without quotes it would take it that none are doubled.
        delimiter = csv.Sniffer().sniff(stream.readline(), delimiters=",;\t").delimiter
        stream.seek(0)
        lines = csv.DictReader(stream, delimiter=delimiter)
        if {"finding_id", *TO_FILL_IN} <= set(lines.fieldnames or ()):
            return {line["finding_id"]: tuple(line[name] or "" for name in TO_FILL_IN) for line in lines}
    return {}


def _text(content: bytes) -> str:
    """The text of a file that a spreadsheet saved: in UTF-8, as Unicode Text, or as the plain CSV of Windows."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode(CSV_ENCODING)
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
