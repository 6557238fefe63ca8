"""A vendor's OAuth2 endpoints: tokens for a code, a refresh token or ourselves, over our wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from connectors.errors import AnswerError
from connectors.http import grants, token_requests
from connectors.http.attempts import Attempts
from connectors.http.deadline import Deadline, Timeouts, current
from connectors.http.request import Request
from connectors.http.response import Response
from connectors.http.status import refusal
from connectors.http.token_requests import Client, Provider
from connectors.http.wire import Wire
from connectors.tokens import Tokens
from core.version import version

MOST = 256 * 1024
TIMEOUTS = Timeouts(read=10, total=20, retries=1)
READABLE = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
"""The statuses of RFC 6749, 5.2, and of vendors, whose body says what is refused."""

WHERE = "check the client's id and secret"


def _now() -> datetime:
    return datetime.now(UTC)


class TokenEndpoint:
    """Asks ``provider`` for tokens as ``client``. Every method raises ``connectors.errors``, and
    ``ConfigurationError`` for an address that is not https (http: this machine alone).
    """

    def __init__(
        self,
        provider: Provider,
        client: Client,
        *,
        timeouts: Timeouts = TIMEOUTS,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.provider = provider
        self.client = client
        self.timeouts = timeouts
        self.clock = clock

    def browse(self, *, state: str, redirect_uri: str, verifier: str | None) -> str:
        """Where a person's browser grants us access; sends nothing."""
        return token_requests.address(
            self.provider, self.client, state=state, redirect_uri=redirect_uri, verifier=verifier
        )

    def exchange(self, code: str, *, redirect_uri: str, verifier: str | None) -> Tokens:
        """The tokens for a code, which is good for one exchange. Raises ``GrantError`` too."""
        asked = {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
        return self._ask("authorization_code", asked)

    def refresh(self, held: Tokens) -> Tokens:
        """The tokens after ``held``. Raises ``GrantError`` too."""
        # Without scopes: they stay what they were, and Lightspeed refuses a request that has any.
        return self._ask("refresh_token", {"refresh_token": held.refresh_token}, held=held)

    def take(self) -> Tokens:
        """Tokens for ourselves, without a person (client credentials)."""
        return self._ask("client_credentials", {"scope": " ".join(self.client.scopes)})

    def revoke(self, held: Tokens) -> None:
        """Give ``held`` back to the vendor, as far as it takes any back."""
        if self.provider.revoke_url:
            request = token_requests.to_revoke(self.provider, self.client, held)
            self._send(self.provider.revoke_url, request, may_be_empty=True)

    def _ask(
        self, grant: str, asked: Mapping[str, str | None], *, held: Tokens | None = None
    ) -> Tokens:
        request = token_requests.for_tokens(self.provider, self.client, grant, asked)
        document = self._send(self.provider.token_url, request)
        return grants.tokens(document, now=self.clock(), held=held, call=f"the grant {grant}")

    def _send(self, url: str, request: Request, *, may_be_empty: bool = False) -> object:
        parts = urlsplit(url)
        outer = current()
        left = self.timeouts.total if outer is None else outer.remaining()
        deadline = Deadline(min(self.timeouts.total, left))
        wire = Wire(
            f"{parts.scheme}://{parts.netloc}",
            headers={"User-Agent": f"Moulin/{version()}"},
            timeouts=self.timeouts,
        )
        ask = partial(
            wire.exchange,
            replace(request, path=parts.path, params=dict(parse_qsl(parts.query))),
            partial(_document, host=wire.host, may_be_empty=may_be_empty),
            deadline,
        )
        try:
            with deadline.running():
                attempts = Attempts(retries=self.timeouts.retries)
                return attempts.make(ask, deadline=deadline, idempotent=False).data
        finally:
            wire.close()


def _document(response: Response, *, host: str, may_be_empty: bool) -> object:
    """The JSON of a success. Raises what a refusal means, by its body where that is readable."""
    problem = refusal(response, host=host, advice=WHERE)
    if problem is not None and response.status not in READABLE:
        raise problem
    try:
        document = response.json(most=MOST, may_be_empty=may_be_empty)
    except AnswerError:
        if problem is not None:
            raise problem from None
        raise
    meant = grants.refusal(document, problem, call=response.call)
    if meant is not None:
        raise meant
    return document
