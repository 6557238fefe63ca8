"""Square's OAuth2: JSON to and from ``/oauth2``, and a revocation of its own (OAuth API)."""

from __future__ import annotations

from connectors.http.request import Request
from connectors.http.token_requests import Client, Provider
from connectors.tokens import Tokens


def revocation(client: Client, held: Tokens) -> Request:
    """Square takes the application's secret where others take a token, and names the token."""
    return Request.write(
        "POST",
        "",
        {"client_id": client.client_id, "access_token": held.access_token},
        {"Authorization": f"Client {client.client_secret or ''}".rstrip()},
        idempotent=True,
    )


PROVIDER = Provider(
    base_url="https://connect.squareup.com",
    authorize_url="/oauth2/authorize",
    token_url="/oauth2/token",  # noqa: S106 - an address
    revoke_url="/oauth2/revoke",
    encoding="json",
    # A person who is logged in at Square is asked all the same.
    extra={"session": "false"},
    revocation=revocation,
)
