"""What is sent to a vendor's OAuth2 endpoints (RFC 6749, 7009, 7636), as Authlib writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from connectors.http.request import Request
from connectors.tokens import Tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """Us, as the vendor has registered us. ``pkce``: each code is bound to a verifier of ours; then
    there may be no secret.
    """

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ()
    pkce: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """A vendor's OAuth2: its habits, and its addresses, in full or below ``base_url``.

    ``encoding`` is that of its requests, ``header`` the template of ours to its API, ``extra`` goes
    with the browser to ``authorize_url``. Without ``revoke_url`` tokens are only forgotten; where
    that is not RFC 7009, ``revocation`` makes the request, whose path is filled in.
    """

    base_url: str = ""
    authorize_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    encoding: Literal["form", "json"] = "form"
    client_auth: Literal["client_secret_post", "client_secret_basic"] = "client_secret_post"
    header: str = "Authorization: Bearer {key}"
    extra: Mapping[str, str] = field(default_factory=dict)
    revocation: Callable[[Client, Tokens], Request] | None = None


def address(
    provider: Provider, client: Client, *, state: str, redirect_uri: str, verifier: str | None
) -> str:
    """Where a person's browser grants us access."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    bound = {} if verifier is None else {
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }  # fmt: skip
    return str(
        prepare_grant_uri(
            provider.authorize_url,
            client.client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=" ".join(client.scopes),
            state=state,
            **bound,
            **provider.extra,
        )
    )


def for_tokens(
    provider: Provider, client: Client, grant: str, asked: Mapping[str, str | None]
) -> Request:
    """The request of a grant; its path is still to be filled in."""
    from authlib.oauth2.rfc6749.parameters import prepare_token_request

    return _signed(provider, client, prepare_token_request(grant, **asked))


def to_revoke(provider: Provider, client: Client, held: Tokens) -> Request:
    """The request that gives tokens back; its path is still to be filled in."""
    from authlib.oauth2.rfc7009 import prepare_revoke_token_request

    if provider.revocation is not None:
        return provider.revocation(client, held)
    body, _ = prepare_revoke_token_request(held.refresh_token or held.access_token)
    return _signed(provider, client, body)


def _signed(provider: Provider, client: Client, form: str) -> Request:
    from authlib.oauth2.auth import ClientAuth

    method = "none" if client.client_secret is None else provider.client_auth
    known = ClientAuth(client.client_id, client.client_secret, method)
    _, headers, body = known.prepare("POST", "", {}, form)
    if provider.encoding == "json":
        asked = dict(parse_qsl(body, keep_blank_values=True))
        return Request.write("POST", "", asked, headers, idempotent=False)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return Request(verb="POST", path="", idempotent=False, headers=headers, body=body.encode())
