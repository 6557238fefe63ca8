"""An OAuth2 authorization server: codes for one use, tokens that end and rotate.

``OAuth`` is a part that a vendor's stand-in includes; ``serve`` is a vendor that is nothing else,
with one resource behind its tokens.
"""

import json
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from threading import RLock
from urllib.parse import parse_qsl, urlencode

from sandbox.messages import Answer, Request, json_answer
from sandbox.server import running
from sandbox.source import Source

CLIENT_ID = "moulin"
CLIENT_SECRET = "a client secret"  # noqa: S105  (it opens nothing)
CODE_SECONDS = 300.0
ENDPOINTS = ("authorize", "token", "revoke")
RESOURCE = "resource"


class RefusalError(Exception):
    """The OAuth error that answers a request, by its code."""

    def __init__(self, code: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass
class _Code:
    redirect_uri: str
    challenge: str | None
    scope: str
    until: float


@dataclass
class Grant:
    """What a person granted once: the access tokens with their ends, and one refresh token."""

    scope: str
    access: dict[str, float] = field(default_factory=dict)
    refresh: str | None = None
    previous: str | None = None
    rotated_at: float = 0.0


@dataclass(kw_only=True)
class OAuth:
    """An authorization server below ``prefix``. Every field may change while it is served.

    ``denies``: the person says no; ``refuses``: every grant is invalid. ``rotates``: a refresh
    token is good once, and using it again ends the grant (RFC 9700), but for ``grace`` seconds;
    else the answer to a refresh names none. ``end`` are the fields that say when a token ends.
    ``granted`` is called when tokens were made and before they are answered, ``refusing`` before a
    refusal is.
    """

    client_id: str = CLIENT_ID
    client_secret: str | None = CLIENT_SECRET
    redirect_uris: tuple[str, ...] = ()
    needs_pkce: bool = False
    denies: bool = False
    refuses: bool = False
    rotates: bool = True
    grace: float = 0.0
    seconds: float = 3600.0
    end: Mapping[str, object] | None = None
    prefix: str = "/oauth2"
    granted: Callable[[], object] = lambda: None
    refusing: Callable[[], object] = lambda: None
    clock: Callable[[], float] = time.time
    grants: list[str] = field(default_factory=list)
    """The grant types that were answered with tokens, in order."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """The fields of each request for tokens, in order."""
    _codes: dict[str, _Code] = field(default_factory=dict)
    _grants: list[Grant] = field(default_factory=list)
    _lock: RLock = field(default_factory=RLock)

    def answer(self, request: Request) -> Answer | None:
        """The answer to a request for one of its endpoints; None for any other."""
        if not request.path.startswith(f"{self.prefix}/"):
            return None
        try:
            match request.method, request.path.removeprefix(f"{self.prefix}/"):
                case "GET", "authorize":
                    return self._authorize(request.parameters)
                case "POST", "token":
                    tokens = self._token(self._fields(request))
                    self.granted()
                    return json_answer(tokens, Cache_Control="no-store")
                case "POST", "revoke":
                    return self._revoke(self._fields(request))
        except RefusalError as refusal:
            self.refusing()
            return json_answer({"error": refusal.code}, refusal.status)
        return None

    def allows(self, request: Request) -> bool:
        """Whether the request carries an access token that is good now."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        with self._lock:
            ends = [grant.access[token] for grant in self._grants if token in grant.access]
        return scheme == "Bearer" and any(end > self.clock() for end in ends)

    def grant(self, scope: str = "") -> dict[str, object]:
        """Tokens as a person's consent brings them, without the browser."""
        with self._lock:
            return self.tokens(self._new_grant(scope), first=True)

    def end_access(self) -> None:
        """Refuse every access token there is; refresh tokens stay good."""
        with self._lock:
            for grant in self._grants:
                grant.access.clear()

    def end_grants(self) -> None:
        """Refuse every token there is: somebody took the consent back."""
        with self._lock:
            self._grants.clear()

    @property
    def refreshes(self) -> int:
        """How often a refresh token was answered with tokens."""
        return self.grants.count("refresh_token")

    def _authorize(self, asked: Mapping[str, str]) -> Answer:
        """The redirect that the browser follows once a person has consented: at once."""
        redirect_uri = asked.get("redirect_uri", "")
        if asked.get("client_id") != self.client_id or asked.get("response_type") != "code":
            raise RefusalError("invalid_request")
        if self.redirect_uris and redirect_uri not in self.redirect_uris:
            raise RefusalError("invalid_request")
        if self.needs_pkce and asked.get("code_challenge_method") != "S256":
            raise RefusalError("invalid_request")
        if self.denies:
            back = {"error": "access_denied", "error_description": "user_denied"}
        else:
            back = {"code": secrets.token_urlsafe(16)}
            with self._lock:
                self._codes[back["code"]] = _Code(
                    redirect_uri, asked.get("code_challenge"), asked.get("scope", ""),
                    self.clock() + CODE_SECONDS,
                )  # fmt: skip
        location = f"{redirect_uri}?{urlencode({**back, 'state': asked.get('state', '')})}"
        return Answer(HTTPStatus.FOUND, headers={"Location": location})

    def _fields(self, request: Request) -> dict[str, str]:
        """The form or JSON that was sent, by a client whose secret is right."""
        text = request.body.decode()
        fields = dict(request.parameters) | (
            json.loads(text) if text.startswith("{") else dict(parse_qsl(text))
        )
        self.asked.append(fields)
        given = _basic(request.headers.get("authorization", "")) or (
            fields.get("client_id"), fields.get("client_secret"),
        )  # fmt: skip
        if given != (self.client_id, self.client_secret):
            raise RefusalError("invalid_client", HTTPStatus.UNAUTHORIZED)
        return fields

    def _token(self, fields: Mapping[str, str]) -> dict[str, object]:
        kind = fields.get("grant_type", "")
        if self.refuses:
            raise RefusalError("invalid_grant")
        with self._lock:
            match kind:
                case "authorization_code":
                    tokens = self.tokens(self._of_code(fields), first=True)
                case "refresh_token":
                    tokens = self._refreshed(fields.get("refresh_token", ""))
                case "client_credentials":
                    tokens = self.tokens(self._new_grant(fields.get("scope", "")))
                    tokens.pop("refresh_token", None)
                case _:
                    raise RefusalError("unsupported_grant_type")
            self.grants.append(kind)
        return tokens

    def _of_code(self, fields: Mapping[str, str]) -> Grant:
        code = self._codes.pop(fields.get("code", ""), None)
        if code is None or code.until < self.clock():
            raise RefusalError("invalid_grant")
        if fields.get("redirect_uri") != code.redirect_uri:
            raise RefusalError("invalid_grant")
        if code.challenge != _challenge(fields.get("code_verifier")):
            raise RefusalError("invalid_grant")
        return self._new_grant(code.scope)

    def _refreshed(self, token: str) -> dict[str, object]:
        for grant in self._grants:
            if token == grant.refresh:
                return self.tokens(grant, rotated=self.rotates)
            if token == grant.previous:
                if self.clock() < grant.rotated_at + self.grace:
                    return self.tokens(grant)
                self._grants.remove(grant)
                break
        raise RefusalError("invalid_grant")

    def _new_grant(self, scope: str) -> Grant:
        grant = Grant(scope, refresh=secrets.token_urlsafe(16))
        self._grants.append(grant)
        return grant

    def tokens(
        self, grant: Grant, *, first: bool = False, rotated: bool = False
    ) -> dict[str, object]:
        """The fields of an answer with tokens of ``grant``."""
        if rotated:
            grant.previous, grant.refresh = grant.refresh, secrets.token_urlsafe(16)
            grant.rotated_at = self.clock()
        access = secrets.token_urlsafe(16)
        grant.access[access] = self.clock() + self.seconds
        end = {"expires_in": int(self.seconds)} if self.end is None else self.end
        tokens = {"access_token": access, "token_type": "bearer", **end, "scope": grant.scope}
        return tokens | ({"refresh_token": grant.refresh} if first or self.rotates else {})

    def _revoke(self, fields: Mapping[str, str]) -> Answer:
        token = fields.get("token", "")
        with self._lock:
            self._grants = [
                grant for grant in self._grants
                if token != grant.refresh and token not in grant.access
            ]  # fmt: skip
        return Answer(HTTPStatus.OK)


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, pair = header.partition(" ")
    try:
        name, _, secret = b64decode(pair).decode().partition(":")
    except (Error, UnicodeDecodeError):
        return None
    return (name, secret) if scheme == "Basic" else None


def _challenge(verifier: str | None) -> str | None:
    if verifier is None:
        return None
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


class Vendor(Source):
    """A vendor with one resource, ``/api/me``, for whoever has an access token."""

    def __init__(self, oauth: OAuth) -> None:
        super().__init__({}, more=(*ENDPOINTS, RESOURCE))
        self.oauth = oauth

    def answer(self, request: Request) -> Answer:
        """What the vendor says, faults included."""
        answer = self.oauth.answer(request) or self._resource(request)
        last = request.path.rpartition("/")[2]
        name = last if last in ENDPOINTS else RESOURCE
        for fault in self.faults.due(name, 1):
            answer = fault.on_answer(answer)
        return answer

    def _resource(self, request: Request) -> Answer:
        if not self.oauth.allows(request):
            return json_answer({"error": "invalid_token"}, HTTPStatus.UNAUTHORIZED)
        if request.path != "/api/me":
            return json_answer({"error": "not_found"}, HTTPStatus.NOT_FOUND)
        return json_answer({"name": "Le Vieux Moulin"})

    def asked(self, endpoint: str) -> int:
        """How many requests came to ``token``, ``authorize``, ``revoke`` or ``me``."""
        return sum(entry.path.endswith(f"/{endpoint}") for entry in self.log.entries())


@contextmanager
def serve(
    *, oauth: OAuth | None = None, host: str = "127.0.0.1", port: int = 0
) -> Iterator[Vendor]:
    """The vendor, served for the length of a ``with``; ``oauth`` is how it grants."""
    vendor = Vendor(oauth or OAuth())
    with running(vendor, host=host, port=port) as server:
        vendor.url = server.url
        yield vendor
