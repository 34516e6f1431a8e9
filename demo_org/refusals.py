"""Refusals of the data API, in Salesforce's shape: a JSON array of `message` and `errorCode`.

Codes, messages and statuses: REST API Developer Guide, Status Codes and Error Responses.
"""

from starlette.responses import JSONResponse


class Refusal(Exception):
    """A request that the org refuses, a query among them.

    Args:
        status: The HTTP status.
        error_code: Salesforce's code, e.g. `NOT_FOUND` or `MALFORMED_QUERY`.
        message: What Salesforce says to it.
    """

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(status, error_code, message)
        self.status = status
        self.error_code = error_code
        self.message = message


def response(refusal: Refusal) -> JSONResponse:
    """Puts a refusal on the wire."""
    return JSONResponse([{"message": refusal.message, "errorCode": refusal.error_code}], refusal.status)


def gone() -> Refusal:
    """A retired API version."""
    return Refusal(410, "GONE", "The requested API version is retired and no longer available")


def not_found() -> Refusal:
    """There is no such resource, or not in this version."""
    return Refusal(404, "NOT_FOUND", "The requested resource does not exist")


def method_not_allowed(method: str, allowed: str) -> Refusal:
    """The resource does not know that HTTP method."""
    return Refusal(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}")


def no_session() -> Refusal:
    """No access token, an unknown one, or one whose session has ended."""
    return Refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")


def api_disabled() -> Refusal:
    """What a user without the API Enabled permission gets, whatever it asks for."""
    return Refusal(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")


def limit_exceeded() -> Refusal:
    """The org's calls of the last 24 hours are used up."""
    return Refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def invalid_locator() -> Refusal:
    """An unknown or expired query locator, or one of another session."""
    return Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
