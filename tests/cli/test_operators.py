from db.access import operators
from db.session import reading
from tests.cli import given


def test_a_token_is_shown_once_and_opens(cli, told):
    made = told("operator", "add", "--name", "Awa", "--role", "admin")

    assert made["token"].startswith("mln_")
    with reading() as session:
        found = operators.find_by_token(session, made["token"])
        assert found is not None
        assert (found.id, found.role) == (made["id"], "admin")
        assert made["token"] not in found.token_hash
    assert (
        made["token"]
        not in cli("operator", "list").output + cli("operator", "list", "--json").output
    )
    assert given.audited() == [("operator.add", "operator Awa", None)]


def test_without_json_the_token_is_all_that_stands_on_stdout(cli):
    added = cli("operator", "add", "--name", "Awa", "--role", "viewer")

    token = added.stdout.strip()
    assert len(token) == len("mln_") + 43
    assert token not in added.stderr
    assert "never shown again" in added.stderr


def test_a_revoked_operator_is_out_and_stays_in_the_list(cli, told):
    made = told("operator", "add", "--name", "Awa", "--role", "viewer")

    cli("operator", "revoke", "Awa")
    assert "revoked already" in cli("operator", "revoke", "Awa").stderr

    with reading() as session:
        assert operators.find_by_token(session, made["token"]) is None
    assert [(o["name"], o["active"]) for o in told("operator", "list")] == [("Awa", False)]
    assert [what for what, _, _ in given.audited()] == ["operator.add", "operator.revoke"]


def test_wrong_orders_are_refused(cli):
    assert "operator add" in cli("operator", "list").stderr
    cli("operator", "add", "--name", "Awa", "--role", "root", exit=2)
    cli("operator", "add", "--name", "Awa", "--role", "viewer")
    taken = cli("operator", "add", "--name", "Awa", "--role", "viewer", exit=1)
    assert "choose another name" in taken.stderr
    assert "no operator named 'x'" in cli("operator", "revoke", "x", exit=1).stderr
