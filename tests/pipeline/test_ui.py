"""Dagster's pages of an audited org, in a real browser: what people look at there is there, and nothing goes wrong."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from expectations import CHECKS
from spendready_pipeline.orchestration.definitions import WEEKLY_AUDIT
from tests.pipeline.companies import REPOSITORY, Company
from tests.pipeline.dagster_dev import free_port, graphql, served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.xdist_group("ui"),  # one Dagster, one browser
    pytest.mark.slow,  # starts Dagster's three processes and a browser
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def home(audited: Company, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of a company; Dagster's daemon writes beside them, so they are a copy."""
    return shutil.copytree(audited.environment["DAGSTER_HOME"], tmp_path_factory.mktemp("dagster_dev") / "home")


@pytest.fixture(scope="module")
def configuration(audited: Company, home: Path) -> Path:
    """The company's `spendready.yml`; a copy, to which a test adds an org."""
    return Path(shutil.copy(audited.folder / "spendready.yml", home.parent))


@pytest.fixture(scope="module")
def dagster_dev(audited: Company, home: Path, configuration: Path) -> Iterator[str]:
    """`dagster dev` over those runs, started as the README says; gives the address."""
    port = free_port()
    command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    own = {"DAGSTER_HOME": str(home), "SPENDREADY_CONFIG": str(configuration)}
    with served(command, port, REPOSITORY, audited.environment | own, home.parent / "log") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    expect.set_options(timeout=30_000)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(dagster_dev: str, browser: Browser) -> Iterator[Page]:
    """A page of Dagster's UI; what went wrong in it, or elsewhere than to Dagster, fails the test that used it."""
    wrong: list[str] = []
    page = browser.new_page(base_url=dagster_dev, viewport={"width": 1600, "height": 1600})
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda response: wrong.append(response.url) if response.status >= 400 else None)
    page.on("request", lambda request: wrong.append(request.url) if _is_foreign(request.url, dagster_dev) else None)
    yield page
    toasts = page.locator("[data-sonner-toast]").all_inner_texts()
    page.close()
    assert wrong + toasts == []


def _is_foreign(url: str, address: str) -> bool:
    return url.startswith("http") and not url.startswith(address)


def test_the_report_page_has_the_path_page_one_and_the_weeks(page: Page, audited: Company) -> None:
    page.goto("/assets/report/weekly_report")
    (report,) = (audited.files.root / "reports").glob("*.pdf")
    expect(page.get_by_text(f"/reports/{report.name}")).to_be_visible()
    counts = {row["severity"]: row["found"] for row in _open_findings(audited)}
    for severity, found in counts.items():
        expect(_row(page, severity)).to_contain_text(str(found))
    expect(_row(page, "open")).to_contain_text(str(sum(counts.values())))
    week = _row(page, "week by week").get_by_role("row").last
    expect(week.get_by_role("cell")).to_have_text(
        ["2026-11-02", *(str(counts.get(each, 0)) for each in ("critical", "high", "medium", "low"))]
    )

    _row(page, "page one").get_by_text("Show Markdown").click()
    picture = page.get_by_alt_text("Page one")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => [image.complete, image.naturalWidth]") == [True, 600]


def test_the_reports_numbers_are_plotted_over_time(page: Page) -> None:
    page.goto("/assets/report/weekly_report")
    page.get_by_text("Plots", exact=True).click()
    page.get_by_text("Events", exact=True).last.click()
    for plotted in ("critical", "high", "medium", "low", "open", "new", "fixed", "reopened", "annual cost at stake"):
        expect(page.get_by_text(plotted, exact=True)).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()
    assert page.locator("canvas").count() >= 9


def test_the_report_is_fresh_and_says_until_when(page: Page) -> None:
    page.goto("/assets/report/weekly_report")
    expect(page.get_by_text("Passing").first).to_be_visible(timeout=60_000)  # once Dagster's daemon has looked
    expect(page.get_by_text("Fails if more than 8 days since last materialization")).to_be_visible()


def test_the_lineage_leads_from_the_findings_to_report_and_delivery(page: Page) -> None:
    page.goto("/assets/report/weekly_report?view=lineage")
    for asset in ("findings", "weekly_report", "findings_database", "weekly_delivery"):
        expect(page.get_by_text(asset, exact=True).last).to_be_visible()


def test_the_checks_of_an_object_are_listed_and_succeeded(page: Page) -> None:
    page.goto("/assets/salesforce/permission_set?view=checks")
    listed = [name for object_name, name, *_ in CHECKS if object_name == "PermissionSet"]
    expect(page.get_by_text(f"Checks ({len(listed)})", exact=True)).to_be_visible()
    for name in listed:
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_text("Succeeded", exact=True)).to_have_count(len(listed))


def test_a_run_of_the_command_line_is_on_the_jobs_page_and_in_the_overview(page: Page, home: Path) -> None:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        (run,) = instance.get_runs()
    page.goto(f"/locations/spendready/jobs/{WEEKLY_AUDIT}/runs")
    expect(page.get_by_role("link", name=f"run {run.run_id[:8]}")).to_be_visible()
    page.goto("/overview")
    expect(page.get_by_role("link", name=WEEKLY_AUDIT).first).to_be_visible()


SCHEDULES = """{schedulesOrError(repositorySelector: {repositoryName: "__repository__",
repositoryLocationName: "spendready"}) {... on Schedules {results {name scheduleState {status id}}}}}"""
STOP = "mutation ($id: String!) {stopRunningSchedule(id: $id) {... on ScheduleStateResult {scheduleState {status}}}}"
RELOAD = 'mutation {reloadRepositoryLocation(repositoryLocationName: "spendready") {__typename}}'
PARTITIONS = """query ($job: String!) {pipelineOrError(params: {pipelineName: $job, repositoryName: "__repository__",
repositoryLocationName: "spendready"}) {... on Pipeline {partitionKeysOrError {partitionKeys}}}}"""


def test_a_new_org_needs_a_reload_alone_and_leaves_the_others_as_they_were(
    dagster_dev: str, configuration: Path
) -> None:
    ((_, state),) = _schedules(dagster_dev).items()
    graphql(dagster_dev, STOP, id=state["id"])
    new = "- {name: a-new-org, instance_url: https://new.my.salesforce.com, auth: {flow: sf_cli, alias: new}}\n"
    configuration.write_text(configuration.read_text().replace("orgs:\n", f"orgs:\n{new}"))

    graphql(dagster_dev, RELOAD)

    states = {name: state["status"] for name, state in _schedules(dagster_dev).items()}
    assert states == {"weekly_audit_a_new_org": "RUNNING", "weekly_audit_demo": "STOPPED"}
    job = graphql(dagster_dev, PARTITIONS, job=WEEKLY_AUDIT)["pipelineOrError"]
    assert job["partitionKeysOrError"]["partitionKeys"] == ["a-new-org", "demo"]


def _schedules(address: str) -> dict[str, dict[str, str]]:
    return {each["name"]: each["scheduleState"] for each in graphql(address, SCHEDULES)["schedulesOrError"]["results"]}


def test_nothing_of_dagsters_is_sent(dagster_dev: str, home: Path) -> None:
    assert not [*home.glob("logs/*"), *home.glob(".logs_queue/*")], "what Dagster would send waits there"


def _row(page: Page, key: str):
    """The row of one metadata key."""
    return page.get_by_role("row").filter(has=page.get_by_role("cell", name=key, exact=True)).first


def _open_findings(company: Company) -> list[dict[str, object]]:
    return company.published(
        "select severity, count(*) as found from findings where status in ('new', 'open') group by severity"
    )
