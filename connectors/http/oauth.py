"""OAuth2 on each request, and one refresh however many threads and processes see a 401."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from http import HTTPStatus
from threading import Lock

from connectors.errors import (
    APIError,
    ConnectionError,  # noqa: A004 - the name users of the API know
    RateLimitError,
    ReauthorizeError,
)
from connectors.http import auth
from connectors.http.deadline import current
from connectors.http.grants import GrantError
from connectors.http.request import Request
from connectors.http.response import Response
from connectors.http.token_endpoint import TokenEndpoint
from connectors.tokens import PATIENCE, Tokens, TokenStore
from core.logs import get_logger

REST = 60.0
"""Seconds without a request after a refusal that names no time, so that no storm locks us out."""

log = get_logger(__name__)


class OAuth2:
    """The credentials of the connector ``name``: tokens of ``store``, renewed at ``endpoint``.

    ``by_person``: somebody authorised us (authorization code); else we ask for ourselves (client
    credentials). Every method raises ``connectors.errors``; of a person's authorisation that has
    ended ``ReauthorizeError``, without a request, until somebody authorises anew.
    """

    def __init__(
        self,
        endpoint: TokenEndpoint,
        store: TokenStore,
        *,
        name: str,
        by_person: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.endpoint = endpoint
        self.store = store
        self._by_person = by_person
        self._clock = clock
        self._turn = Lock()
        self._used: str | None = None
        self._rest: tuple[float, APIError] | None = None

    def authorize(self, request: Request) -> Request:
        """With the access token, renewed first when it is about to end."""
        with _nothing_done():
            tokens = self._current()
        self._used = tokens.access_token
        return self._signed(request, tokens)

    def again(self, request: Request, response: Response) -> bool:
        """After a 401: there is another access token now, by whoever renewed it."""
        if response.status != HTTPStatus.UNAUTHORIZED:
            return False
        with _nothing_done():
            self._renew(lambda kept: self._signed(request, kept) == request)
        return True

    def refresh(self) -> None:
        """Renew the tokens in use; at most once for one token, by however many callers."""
        # Who looks after another has renewed them must not take the new ones for those in use.
        with self._alone(PATIENCE):
            if self._used is None:
                kept = self._kept()
                self._used = None if kept is None else kept.access_token
            used = self._used
        self._renew(lambda kept: kept.access_token == used)

    def _current(self) -> Tokens:
        now = self.endpoint.clock()
        kept = self._kept()
        if kept is not None and not kept.is_stale(now):
            return kept
        try:
            return self._renew(lambda held: held.is_stale(now))
        except APIError as error:
            # Until its very end the old one is as good.
            if kept is None or not error.is_retriable or kept.has_ended(now):
                raise
            return kept

    def _renew(self, is_old: Callable[[Tokens], bool]) -> Tokens:
        """The tokens that replace those which are old: of several who come the first asks."""
        outer = current()
        patience = PATIENCE if outer is None else min(PATIENCE, outer.remaining())
        with self._alone(patience):
            kept = self._kept()
            if kept is not None and not is_old(kept):
                return kept
            with self.store.locked(patience):
                kept = self._kept()
                return kept if kept is not None and not is_old(kept) else self._ask(kept)

    def _ask(self, held: Tokens | None) -> Tokens:
        """The tokens after ``held``, kept before anybody uses them; nobody else asks now."""
        self._require_rest()
        try:
            fresh = self._fetch(held)
        except APIError as error:
            if isinstance(error, GrantError) and self._by_person and held is not None:
                return self._after_refusal(held)
            self._note(error)
            raise
        if self.store.keep(fresh, instead_of=held):
            log.info("connector.renewed", connector=self.name)
            return fresh
        # Somebody authorised meanwhile: theirs are newer.
        return self._kept() or fresh

    def _fetch(self, held: Tokens | None) -> Tokens:
        if not self._by_person:
            return self.endpoint.take()
        if held is None or held.refresh_token is None:
            raise GrantError("there is no refresh token")
        return self.endpoint.refresh(held)

    def _after_refusal(self, held: Tokens) -> Tokens:
        """The tokens that somebody else kept meanwhile; without any the refusal is believed."""
        kept = self.store.read()
        if kept is not None and kept.refresh_token != held.refresh_token:
            return kept
        if (
            kept is not None
            and not kept.refused
            and self.store.keep(replace(kept, refused=True), instead_of=kept)
        ):
            log.error("connector.reauthorize", connector=self.name)
        raise ReauthorizeError(self.name)

    def _kept(self) -> Tokens | None:
        kept = self.store.read()
        if self._by_person if kept is None else kept.refused:
            raise ReauthorizeError(self.name)
        return kept

    def _signed(self, request: Request, tokens: Tokens) -> Request:
        template = self.endpoint.provider.header
        return auth.key(template, tokens.access_token, where=self.name).authorize(request)

    @contextmanager
    def _alone(self, patience: float) -> Iterator[None]:
        """Of this process's threads one goes on, so that one asks the store for its lock."""
        if not self._turn.acquire(timeout=patience):
            raise ConnectionError(f"{self.name}: its tokens are being renewed", unsent=True)
        try:
            yield
        finally:
            self._turn.release()

    def _note(self, error: APIError) -> None:
        if isinstance(error, RateLimitError) or error.retry_after or not error.is_retriable:
            self._rest = (self._clock() + (error.retry_after or REST), error)

    def _require_rest(self) -> None:
        """Raise the last refusal again while it holds."""
        if self._rest is not None and (left := self._rest[0] - self._clock()) > 0:
            error = copy(self._rest[1])
            error.retry_after = left if error.is_retriable else None
            raise error


@contextmanager
def _nothing_done() -> Iterator[None]:
    """Whatever goes wrong inside: the request itself was not sent, or was refused with a 401."""
    try:
        yield
    except APIError as error:
        error.unsent = True
        raise
