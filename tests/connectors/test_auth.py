"""Credentials on real requests: a key, a token, a password; and one more try when they changed."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field

import pytest

from connectors import errors
from connectors.http import auth
from connectors.http.client import HTTPClient
from connectors.http.request import Request
from connectors.http.response import Response
from core.errors import ConfigurationError
from tests.connectors.asking import fine, status
from tests.connectors.source import Call, serving

WHERE = "look at the file"


@dataclass
class Token:
    """A token that is renewed when it is refused, as OAuth's are."""

    valid: int = 1
    asked: list[tuple[str, object]] = field(default_factory=list)

    def authorize(self, request: Request) -> Request:
        return request.with_headers({"Authorization": f"Bearer t{self.valid}"})

    def again(self, request: Request, response: Response) -> bool:
        told = response.json(most=1000) if response.status == 401 else None
        self.asked.append((request.headers["Authorization"], told))
        if response.status != 401:
            return False
        self.valid += 1
        return True


def expired(call: Call) -> None:
    call.answer({"code": "EXPIRED"}, status=401)


def client(url: str, **options) -> HTTPClient:
    return HTTPClient(url, sleep=lambda seconds: None, **options)


@pytest.mark.parametrize(
    ("header", "name", "value"),
    [
        (auth.key("X-API-Key: {key}", " k1 ", where=WHERE), "x-api-key", "k1"),
        (auth.key("Authorization: Zoho-oauthtoken {key}", "k", where=WHERE),
         "authorization", "Zoho-oauthtoken k"),
        (auth.bearer("t1", where=WHERE), "authorization", "Bearer t1"),
    ],
    ids=["key", "template", "bearer"],
)  # fmt: skip
def test_credentials_are_a_header(header, name, value):
    with serving(fine) as source:
        client(source.url, auth=header).get("x")

    assert source.calls[0].headers[name] == value
    assert value not in repr(header)


def test_a_password_is_basic_in_utf_8():
    with serving(fine) as source:
        client(source.url, auth=auth.basic("moulin", "clé:é", where=WHERE)).get("x")

    scheme, _, pair = source.calls[0].headers["authorization"].partition(" ")
    assert scheme == "Basic"
    assert b64decode(pair).decode() == "moulin:clé:é"


@pytest.mark.parametrize(
    ("username", "password"), [("", "p"), ("a:b", "p"), ("a", "p\n"), ("a\r", "p")]
)
def test_what_basic_cannot_carry_is_refused_and_not_shown(username, password):
    with pytest.raises(ConfigurationError, match=WHERE) as error:
        auth.basic(username, password, where=WHERE)

    assert "a:b" not in str(error.value)


def test_without_credentials_there_is_no_header():
    with serving(fine) as source:
        client(source.url).get("x")

    assert "authorization" not in source.calls[0].headers


def test_a_key_that_is_refused_is_asked_once():
    with serving(status(401)) as source, pytest.raises(errors.AuthenticationError):
        client(source.url, auth=auth.bearer("t", where=WHERE)).get("x")

    assert len(source.calls) == 1


@pytest.mark.parametrize("idempotent", [True, False])
def test_a_refused_token_is_renewed_and_the_request_is_sent_once_more(idempotent):
    token = Token()
    with serving(expired, fine) as source:
        answer = client(source.url, auth=token).post("orders", {"n": 1}, idempotent=idempotent)

    assert answer.status == 200
    assert [call.headers["authorization"] for call in source.calls] == ["Bearer t1", "Bearer t2"]
    assert [call.body for call in source.calls] == [b'{"n": 1}'] * 2
    assert token.asked == [("Bearer t1", {"code": "EXPIRED"})]


def test_a_token_that_is_refused_again_is_not_renewed_again():
    token = Token()
    with serving(expired) as source, pytest.raises(errors.AuthenticationError, match="401"):
        client(source.url, auth=token).get("x")

    assert len(source.calls) == 2
    assert len(token.asked) == 1


def test_one_call_renews_once_whatever_comes_between():
    token = Token()
    with (
        serving(expired, status(500), expired, fine) as source,
        pytest.raises(errors.AuthenticationError),
    ):
        client(source.url, auth=token).get("x")

    assert len(source.calls) == 3


def test_another_refusal_is_seen_and_needs_no_new_token():
    token = Token()
    with serving(status(403)) as source, pytest.raises(errors.ForbiddenError):
        client(source.url, auth=token).get("x")

    assert len(source.calls) == 1
    assert token.asked == [("Bearer t1", None)]
