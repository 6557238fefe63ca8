"""How Square says no: a status and its envelope of errors."""

from http import HTTPStatus

from sandbox.messages import Answer, json_answer

RATE_LIMITED = (429, "RATE_LIMIT_ERROR", "RATE_LIMITED", "Too many requests.")
_INVALID = "INVALID_REQUEST_ERROR"
_AUTHENTICATION = "AUTHENTICATION_ERROR"


class Refused(Exception):  # noqa: N818 - it is an answer, and no fault of ours
    """A request that Square does not carry out, and what it answers."""

    def __init__(self, status: int, category: str, code: str, detail: str, field: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.error = {"category": category, "code": code, "detail": detail}
        if field:
            self.error["field"] = field

    @property
    def answer(self) -> Answer:
        """The envelope."""
        return json_answer({"errors": [self.error]}, self.status)


def invalid(code: str, detail: str, field: str = "", *, status: int = 400) -> Refused:
    """A request that makes no sense."""
    return Refused(status, _INVALID, code, detail, field)


def missing() -> Refused:
    """404."""
    return invalid("NOT_FOUND", "Resource not found.", status=HTTPStatus.NOT_FOUND)


def cursor() -> Refused:
    """A cursor that is too old, of another query or of nobody."""
    return invalid("INVALID_CURSOR", "The pagination cursor is invalid.", "cursor")


def unauthorized(code: str) -> Refused:
    """401."""
    return Refused(401, _AUTHENTICATION, code, "This request could not be authorized.")


def forbidden() -> Refused:
    """403: the token lacks a scope."""
    detail = "The token lacks a required permission."
    return Refused(403, _AUTHENTICATION, "INSUFFICIENT_SCOPES", detail)


def limited() -> Refused:
    """429, without a ``Retry-After``."""
    return Refused(*RATE_LIMITED)
