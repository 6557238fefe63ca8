import pytest

from core.errors import RefusedError
from db.access import operators
from db.models import Operator
from db.session import reading, writing


@pytest.fixture
def awa(store):
    with writing() as session:
        operator, token = operators.add(session, name="Awa", role="operator")
        return operator.id, token


def test_a_token_has_256_bits_and_only_its_hash_is_kept(awa):
    ident, token = awa

    assert token.startswith("mln_")
    assert len(token) == 4 + 43
    with reading() as session:
        kept = session.get_one(Operator, ident)
        assert len(kept.token_hash) == 64
        assert token not in kept.token_hash


def test_no_two_tokens_are_alike(awa):
    with writing() as session:
        _, other = operators.add(session, name="Binta", role="viewer")

    assert other != awa[1]


@pytest.mark.parametrize("wrong", ["", "mln_", "mln_x", "\ud800", "x" * 10_000])
def test_another_text_opens_nothing(awa, wrong):
    with reading() as session:
        assert operators.find_by_token(session, wrong) is None
        assert operators.find_by_token(session, awa[1] + wrong + "y") is None


def test_a_revoked_token_opens_nothing(awa):
    with writing() as session:
        assert operators.revoke(session, "Awa")
        assert not operators.revoke(session, "Awa")

    with reading() as session:
        assert operators.find_by_token(session, awa[1]) is None


def test_a_name_is_given_once_even_after_it_was_revoked(awa):
    with writing() as session:
        operators.revoke(session, "Awa")

    with pytest.raises(RefusedError, match="another name"), writing() as session:
        operators.add(session, name="Awa", role="viewer")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_unknown_role_is_refused(store):
    with pytest.raises(RefusedError, match="viewer, operator, admin"), writing() as session:
        operators.add(session, name="Awa", role="root")


def test_use_is_noted_once_a_minute(awa):
    seen = []
    for _ in range(2):
        with writing() as session:
            operators.note_use(session, awa[0])
        with reading() as session:
            seen.append(session.get_one(Operator, awa[0]).last_used_at)

    assert seen[0] is not None
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("role", "needed", "answer"),
    [("viewer", "operator", False), ("operator", "operator", True), ("admin", "viewer", True)],
)
def test_a_role_may_what_those_below_it_may(role, needed, answer):
    assert operators.may(role, needed) is answer
