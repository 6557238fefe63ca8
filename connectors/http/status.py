"""The error that a response's status means."""

from __future__ import annotations

from http import HTTPStatus

from connectors.errors import (
    APIError,
    AuthenticationError,
    ForbiddenError,
    RateLimitError,
    RequestError,
    ServerError,
)
from connectors.http.response import Response


def refusal(response: Response, *, host: str, advice: str) -> APIError | None:
    """The error that ``response`` means, None when it is a success.

    ``advice`` names where a refused key is to be looked for.
    """
    status, call, retry_after = response.status, response.call, response.retry_after
    wait = "" if retry_after is None else f"; it asks to wait {retry_after:.0f} s"
    match status:
        case _ if 200 <= status < 300:  # noqa: PLR2004 - the bounds of the class
            return None
        case HTTPStatus.UNAUTHORIZED:
            return AuthenticationError(
                f"401 from {host}: the API key is refused; {advice}", status_code=status
            )
        case HTTPStatus.FORBIDDEN:
            return ForbiddenError(
                f"403 from {host}: the key is known but lacks the right for {call}; have it "
                "granted there",
                status_code=status,
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimitError(
                f"429 from {host} for {call}: too many calls{wait}",
                status_code=status,
                retry_after=retry_after,
            )
        case _ if status >= 500:  # noqa: PLR2004 - the bound of the class
            return ServerError(
                f"{status} from {host} for {call}: the source is in trouble{wait}",
                status_code=status,
                retry_after=retry_after,
            )
        case _ if 300 <= status < 400:  # noqa: PLR2004 - the bounds of the class
            sentence = "a redirect, which is not followed; check the address and the path"
        case HTTPStatus.NOT_FOUND:
            sentence = "nothing is there; check the address and the path"
        case _:
            sentence = "the request is refused as it is"
    return RequestError(f"{status} from {host} for {call}: {sentence}", status_code=status)
