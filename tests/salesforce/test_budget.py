"""An audit leaves API calls to the org's other clients: it asks first, stops in time, and tells what it will cost."""

import pytest

from spendready_pipeline.errors import OrgError
from spendready_pipeline.evidence.verify import verify
from spendready_pipeline.salesforce.client.answers import DailyCalls
from spendready_pipeline.salesforce.client.api_errors import ApiBudgetExceeded
from spendready_pipeline.salesforce.client.budget import Budget


def data_calls(demo) -> list[str]:
    return [request.path for request in demo.requests if request.path.startswith("/services/data/v")]


def test_limits_are_asked_before_any_object(serve, audit) -> None:
    demo = serve()
    audit(demo).run()
    assert data_calls(demo)[0] == "/services/data/v67.0/limits/"


def test_a_budget_that_is_used_up_stops_a_run_before_any_object_is_read(serve, audit) -> None:
    demo = serve(api_calls=1)
    with pytest.raises(ApiBudgetExceeded, match=r"demo: 1 of the org's 1 daily API calls are used") as error:
        audit(demo).run()
    assert "raise api_budget_percent" in error.value.remediation
    assert len(data_calls(demo)) == 1


def test_a_budget_that_is_used_up_in_mid_run_stops_it_and_leaves_the_rest(serve, audit) -> None:
    demo = serve(api_calls=40)
    audit = audit(demo)
    with pytest.raises(OrgError, match=r"of the org's 40 daily API calls are used, and api_budget_percent is 75"):
        audit.run()
    assert len(data_calls(demo)) <= 30 + 3  # what was under way at the same time
    assert audit.rows("select count(*) from raw.snapshot") == [(0,)]
    assert verify(audit.files) == []


def test_a_higher_budget_lets_the_run_end(serve, audit) -> None:
    demo = serve()
    audit(demo).run()
    needed = len(data_calls(demo))
    tight = serve(api_calls=needed + 1)
    with pytest.raises(OrgError, match="api_budget_percent is 75"):
        audit(tight).run()
    roomy = serve(api_calls=needed + 1)
    assert audit(roomy, api_budget_percent=100).run()["LoginHistory"].status == "read"


def test_a_first_read_of_logins_tells_what_it_costs_before_it_begins(serve, audit) -> None:
    demo = serve()
    audit = audit(demo)
    audit.run()
    costs = [line for line in audit.lines if "API calls" in line and "LoginHistory" in line]
    (rows,) = audit.rows("select count(*) from raw.login_history")[0]
    assert costs == [f"LoginHistory, {rows:,} rows to read for the first time: about 3 API calls"]


def test_a_first_read_of_logins_that_costs_too_much_does_not_begin(serve, audit, monkeypatch) -> None:
    monkeypatch.setattr("spendready_pipeline.salesforce.extract.logins.ROWS_A_PAGE", 1)
    demo = serve(api_calls=1_000)
    with pytest.raises(ApiBudgetExceeded, match=r"a first read of LoginHistory \([\d,]+ rows\) takes about 1,\d+ API"):
        audit(demo).run()
    assert not [path for path in data_calls(demo) if "LoginType" in path]


@pytest.mark.parametrize(
    ("used", "allowed", "percent", "left"),
    [(74, 100, 75, 1), (75, 100, 75, 0), (90, 100, 75, 0), (0, 15_000, 75, 11_250), (0, 0, 75, 0), (5, 10, None, 5)],
)
def test_what_is_left_is_the_share_less_what_all_clients_used(used, allowed, percent, left) -> None:
    assert Budget("acme", percent).left(DailyCalls(used, allowed)) == left


def test_an_org_that_does_not_tell_its_calls_has_no_budget() -> None:
    Budget("acme", 75).check(None)
    Budget("acme", 75).check_cost("everything", 10**6, None)
