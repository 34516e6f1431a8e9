"""A signed-in connection to one org: the reader, the time of the snapshot, and the few kinds of requests.

simple-salesforce sends the small requests; pages of query results are fetched as bytes.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from urllib.parse import quote_plus

import requests
from simple_salesforce import Salesforce, format_soql

from spendready_pipeline.catalog.salesforce_objects import KNOWN_PERMISSIONS, OBJECTS
from spendready_pipeline.errors import ConfigurationError, OrgError
from spendready_pipeline.salesforce.client import answers
from spendready_pipeline.salesforce.client.answers import DailyCalls
from spendready_pipeline.salesforce.client.api_errors import (
    QUERY_TIMEOUT,
    ApiLimitExceeded,
    SalesforceApiError,
    SessionExpired,
    undocumented_answer,
)
from spendready_pipeline.salesforce.client.budget import Budget
from spendready_pipeline.salesforce.client.guard import OAUTH_USAGE, USERINFO_PATH, VERSIONS_PATH
from spendready_pipeline.salesforce.client.pages import Page, page_of
from spendready_pipeline.salesforce.client.session import OrgSession
from spendready_pipeline.salesforce.client.sign_in import SignIn
from spendready_pipeline.salesforce.configuration import OrgConnection

MIN_API_VERSION = 60
MAX_API_VERSION = 67
"""The newest API version whose objects and fields were compared with this program's catalog."""
READER_PERMISSIONS = tuple(
    dict.fromkeys(
        (
            *KNOWN_PERMISSIONS,
            *(permission for each in OBJECTS for permission in (*each.own_rows_without, *each.some_rows_without)),
            "ViewAllProfiles",
        )
    )
)
"""Permissions that decide what the reader can see."""
MIN_ROWS_PER_PAGE = 100
"""Salesforce sends 200 to 2,000 rows a page, but does not guarantee it (REST Guide, Query Options Header)."""
SPARE_PAGES = 10
"""How many pages a query may have beyond what its rows need."""

Value = TypeVar("Value")


class _Client(Salesforce):  # type: ignore[misc]  # simple-salesforce has no types
    """simple-salesforce, which sends the requests; only `answers` reads the responses."""

    def parse_result_to_json(self, result: requests.Response) -> requests.Response:
        """Returns the response unparsed."""
        return result

    def describe_object(self, name: str) -> requests.Response:
        """Asks for an object's description."""
        answer: requests.Response = self._call_salesforce("GET", f"{self.base_url}sobjects/{name}/describe")
        return answer


@dataclass(frozen=True)
class Reader:
    """The user that reads.

    Attributes:
        user_id: Its Id; None where the org does not say.
        username: Its username; None where it cannot be read.
        permissions: Which permissions it holds (API names without the `Permissions` prefix; those that the org does
            not have are left out); None where they cannot be read.
    """

    user_id: str | None
    username: str | None
    permissions: Mapping[str, bool] | None

    def lacks_all(self, permissions: tuple[str, ...]) -> bool | None:
        """Returns whether it holds none of these permissions; None where that is not known."""
        if self.permissions is None:
            return None
        return not any(self.permissions.get(each) for each in permissions)


class Connection:
    """A signed-in connection, safe to use from several threads. Use `connect` to make one.

    Attributes:
        org: The org's name.
        session: The HTTP session.
        api_version: E.g. `66.0`.
        snapshot_at: The org's own clock at its first response to the access token: 'now', in UTC, whole seconds.
        clock_source: `org`, or `local` where the org's answer had no `Date`.
        clock_skew_seconds: How far the org's clock is ahead of this machine's; 0.0 for `local`.
        local_now: This machine's clock at that response, in UTC; None where it is the only clock (`local`).
        reader: The user that reads.
    """

    def __init__(self, org: OrgConnection, session: OrgSession, budget: Budget) -> None:
        self.org = org.name
        self.session = session
        self._page_bytes = org.limits.page_bytes
        self._renewing = threading.Lock()
        self._described: dict[str, Mapping[str, str] | None] = {}
        self._stopping = threading.Lock()
        self._stopped_by: OrgError | None = None
        self._sign_in = SignIn(org, session)
        signed_in = self._sign_in()
        session.token = signed_in.token
        self.api_version = self._negotiated_version(org.api_version)
        self._salesforce = _Client(
            session_id=signed_in.token, instance_url=str(session.origin), version=self.api_version, session=session
        )
        self._enforce_budget(budget)
        self.reader = self._identify_reader(signed_in.user_id)
        org_now, local_now = session.first_answer or (None, datetime.now(UTC))
        self.clock_source = "org" if org_now else "local"
        self.clock_skew_seconds = (org_now - local_now).total_seconds() if org_now else 0.0
        self.local_now = local_now if org_now else None
        self.snapshot_at = (org_now or local_now).replace(microsecond=0)

    @property
    def instance_url(self) -> str:
        """The URL of the org."""
        return str(self.session.origin)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know about a sign-in that worked."""
        return tuple(self._sign_in.warnings)

    @property
    def api_calls(self) -> int:
        """Calls to the org's API so far, including retries."""
        return self.session.calls

    def check_cost(self, what: str, calls: int) -> None:
        """Checks that the budget has enough API calls left for what is about to be read.

        Args:
            what: What is about to be read.
            calls: About how many calls that takes.

        Raises:
            ApiBudgetExceeded: It takes more calls than are left.
        """
        self.session.budget.check_cost(what, calls, self.session.usage)

    def describe(self, name: str) -> Mapping[str, str] | None:
        """Returns an object's fields and their Salesforce types as this login sees them; None where it is hidden.

        Raises:
            SalesforceApiError: Salesforce answered with another error.
        """
        if name not in self._described:
            self._described[name] = self._describe(name)
        return self._described[name]

    def count(self, name: str, where: str = "") -> int:
        """Returns the `count()` of an object.

        Args:
            name: The object.
            where: A condition in SOQL, without WHERE.

        Raises:
            SalesforceApiError: Salesforce answered with an error; QUERY_TIMEOUT where it took too long twice.
        """
        condition = f" WHERE {where}" if where else ""
        return self.total(f"SELECT count() FROM {name}{condition}")  # noqa: S608 - SOQL, names of the catalogue

    def total(self, soql: str) -> int:
        """Returns how many rows a query has.

        Raises:
            SalesforceApiError: Salesforce answered with an error; QUERY_TIMEOUT where it took too long twice.
        """
        name = soql.partition(" FROM ")[2].split(" ")[0]
        question = partial(self._ask, f"count of {name}", partial(self._salesforce.query, soql), answers.total)
        try:
            return question()
        except SalesforceApiError as refused:
            if refused.code != QUERY_TIMEOUT:
                raise
            return question()

    def first_and_last_id(self, name: str) -> tuple[str, str] | None:
        """Returns the first and the last Id of an object; None where it has no rows, or Salesforce refuses."""
        found = [
            answers.record_id(record.get("Id"))
            for order in ("ASC", "DESC")
            for record in self._small_query(name, f"SELECT Id FROM {name} ORDER BY Id {order} LIMIT 1")  # noqa: S608 - SOQL, names of the catalogue
        ]
        first, last = found if len(found) == 2 else (None, None)
        return (first, last) if first and last else None

    def records(self, soql: str) -> list[Mapping[str, object]]:
        """Runs a query and returns the records of its first page.

        Raises:
            SalesforceApiError: Salesforce answered with an error.
        """
        question = f"query of {soql.partition(' FROM ')[2].split(' ')[0]}"
        return self._ask(question, lambda: self._salesforce.query(soql), answers.records)

    def client_apps_in_use(self) -> list[str]:
        """Returns the developer names of external client apps that have OAuth usage, a hundred at most.

        Raises:
            SalesforceApiError: Salesforce answered with an error, as it does before API version 59.0.
        """
        url = f"{self.instance_url}{VERSIONS_PATH}v{self.api_version}/{OAUTH_USAGE}"
        return self._ask("list of external client apps", lambda: self.session.get(url), answers.client_apps)

    def pages(self, soql: str) -> Iterator[Page]:
        """Runs a query and yields its pages as they arrive.

        A page that cannot be read is requested again: a locator always gives the same page.

        Raises:
            SessionExpired: The access token expired; the pages so far cannot be continued. See `renew`.
            UnusableAnswer: A response is not a page, or there are more pages than the query has rows for.
            SalesforceApiError: Salesforce answered with an error.
        """
        path: str | None = f"{VERSIONS_PATH}v{self.api_version}/query?q={quote_plus(soql)}"
        question = f"query of {soql.partition(' FROM ')[2].split(' ')[0]}"
        read_page = partial(page_of, self.org, self._page_bytes)
        paths: set[str] = set()
        max_pages = 1
        while path:
            self._check_not_stopped()
            page = self.session.ask(question, partial(self._page, path), read_page)
            max_pages = max_pages if paths else page.total // MIN_ROWS_PER_PAGE + SPARE_PAGES
            paths.add(path)
            yield page
            path = page.next_url
            if path in paths:
                raise undocumented_answer(self.org, "leads back to a page that was already read").about(question)
            if path and len(paths) >= max_pages:
                raise undocumented_answer(self.org, "announces more pages than the query has rows for").about(question)

    def _page(self, path: str) -> requests.Response:
        return self.session.get(f"{self.instance_url}{path}", stream=True)

    def renew(self, expired: str) -> None:
        """Signs in again, unless another thread already has.

        Args:
            expired: The token that was refused.

        Raises:
            OrgError: The flow cannot sign in again, or was refused.
        """
        with self._renewing:
            if self.session.token != expired:
                return
            token = self._sign_in().token
            if token == expired:
                raise OrgError(
                    f"{self.org}: the access token has expired",
                    "Get a new one, or use a flow that signs in automatically (client_credentials, jwt_bearer)",
                )
            self.session.token = token

    def stop(self, cause: OrgError) -> OrgError:
        """Makes every later request, in any thread, fail with a cause.

        Returns:
            The cause of the first call.
        """
        with self._stopping:
            self._stopped_by = self._stopped_by or cause
            return self._stopped_by

    def daily_calls(self) -> DailyCalls | None:
        """Returns the org's API calls of the last 24 hours; None where they are not known."""
        try:
            return self._ask("limits", self._salesforce.limits, answers.daily_calls)
        except (SessionExpired, ApiLimitExceeded):
            raise
        except SalesforceApiError:
            return self.session.usage

    def calls_left(self) -> tuple[int, int] | None:
        """Returns the API calls left and allowed in 24 hours; None where they are not known."""
        calls = self.daily_calls()
        return (calls.left, calls.allowed) if calls else None

    def _enforce_budget(self, budget: Budget) -> None:
        """Reads the org's API calls before anything else, and holds every later request to the budget."""
        if budget.percent is not None:
            self.session.budget = budget
            budget.check(self.daily_calls())

    def _check_not_stopped(self) -> None:
        if self._stopped_by:
            raise self._stopped_by

    def _ask(self, question: str, send: Callable[[], requests.Response], read: Callable[[object], Value]) -> Value:
        """Sends a request; signs in and sends it again where the access token has expired."""
        self._check_not_stopped()

        def value() -> Value:
            return self.session.ask(question, send, lambda answer: read(answers.parsed(answer.content)))

        token = self.session.token
        try:
            return value()
        except SessionExpired:
            self.renew(token)
            return value()

    def _describe(self, name: str) -> Mapping[str, str] | None:
        try:
            return self._ask(f"describe of {name}", partial(self._salesforce.describe_object, name), answers.fields)
        except SalesforceApiError as refused:
            if refused.is_not_visible:
                return None
            raise

    def _negotiated_version(self, configured: str | None) -> str:
        """Returns the configured API version, else the newest that both sides know."""
        offered = self._ask(
            "list of API versions", lambda: self.session.get(f"{self.instance_url}{VERSIONS_PATH}"), answers.versions
        )
        if configured:
            if configured not in offered:
                raise ConfigurationError(
                    f"{self.org}: the org does not offer API version {configured}", "Remove api_version"
                )
            return configured
        known = {f"{number}.0": number for number in range(MIN_API_VERSION, MAX_API_VERSION + 1)}
        both = sorted(offered & known.keys(), key=known.__getitem__)
        if not both:
            raise OrgError(
                f"{self.org}: the org offers no API version {MIN_API_VERSION}.0 or later", "Check instance_url"
            )
        return both[-1]

    def _identify_reader(self, user_id: str | None) -> Reader:
        user_id = answers.record_id(user_id) or self._from_userinfo()
        permissions = self._reader_permissions()
        username = None
        if user_id:
            found = self._small_query("User", format_soql("SELECT Username FROM User WHERE Id = {}", user_id))
            username = answers.text(found[0].get("Username")) if found else None
        return Reader(user_id, username, permissions)

    def _from_userinfo(self) -> str | None:
        """Asks who is signed in; a token without the scope for that is refused, which does not matter."""
        try:
            return self._ask(
                "userinfo", lambda: self.session.get(f"{self.instance_url}{USERINFO_PATH}"), answers.user_id
            )
        except SalesforceApiError:
            return None

    def _reader_permissions(self) -> Mapping[str, bool] | None:
        """Reads the reader's own permissions, as every API user can (Object Reference, UserPermissionAccess)."""
        try:
            described = self.describe("UserPermissionAccess")
        except (SessionExpired, ApiLimitExceeded):
            raise
        except SalesforceApiError:
            return None
        known = [name for name in READER_PERMISSIONS if f"Permissions{name}" in (described or {})]
        if not known:
            return None
        soql = f"SELECT {', '.join(f'Permissions{name}' for name in known)} FROM UserPermissionAccess"  # noqa: S608 - SOQL, names of the catalog
        found = self._small_query("UserPermissionAccess", soql)
        return {name: found[0].get(f"Permissions{name}") is True for name in known} if found else None

    def _small_query(self, name: str, soql: str) -> list[Mapping[str, object]]:
        """Runs a query of one page; returns nothing where Salesforce refuses, or the answer cannot be used."""
        try:
            return self._ask(f"query of {name}", lambda: self._salesforce.query(soql), answers.records)
        except (SessionExpired, ApiLimitExceeded):
            raise
        except SalesforceApiError:
            return []


@contextmanager
def connect(org: OrgConnection, *, within_budget: bool = False) -> Iterator[Connection]:
    """Signs in to an org.

    Args:
        org: The org's settings.
        within_budget: Whether to stop once the share `api_budget_percent` of the org's API calls is used.

    Raises:
        OrgError: The org could not be reached, or refused the sign-in.
        ConfigurationError: The settings cannot be used.
    """
    budget = Budget(org.name, org.api_budget_percent if within_budget else None)
    with OrgSession(org.name, org.instance_url, org.ca_bundle, org.limits) as session:
        connection = Connection(org, session, budget)
        try:
            yield connection
        finally:
            connection.stop(OrgError(f"{org.name}: reading was stopped"))
