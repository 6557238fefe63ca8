"""Who is personal: sealed with marks, forgotten with the site, and never in a log or an error."""

import json

import pytest

import core.settings
from core import crypto, logs, personal
from db.models import Base
from sandbox.faults import Truncated
from syncs import engine
from tests.syncs import rows
from tests.syncs.running import counts, sync_now, taken
from tests.syncs.template.exported import items, resource, run_all, said, user

CANARY = "kanarie-7731"


@pytest.fixture
def canaries(template):
    """The site with a canary in every personal place."""
    held = template.gallery
    person = {
        "name": f"{CANARY} Nom",
        "email": f"{CANARY}@courriel.example",
        "phone": f"+33 6 {CANARY}",
        "notes": f"{CANARY} notes",
    }
    held.users.edit(2, **person)
    held.custom_requests.edit(2, **person, message=f"{CANARY} message")
    held.orders.edit(
        2, customer_name=f"{CANARY} Nom", email=f"{CANARY}@courriel.example", address=CANARY,
        items=[{"id": 21, "painting_id": 1, "dedication": CANARY}],
    )  # fmt: skip
    return template


def stored() -> str:
    """All that every table holds, as text."""
    return str(rows.dump(*(mapper.class_ for mapper in Base.registry.mappers)))


def test_what_is_personal_is_in_no_table_in_the_clear(canaries):
    run_all()

    assert CANARY not in stored()
    assert said("users")["2"]["name"] == f"{CANARY} Nom"
    assert json.loads(said("users")["2"]["extra"])["notes"] == f"{CANARY} notes"
    assert said("custom_requests")["2"]["email"] == f"{CANARY}@courriel.example"
    assert json.loads(said("orders")["2"]["extra"])["address"] == CANARY
    assert json.loads(items()["2"][0]["extra"])["dedication"] == CANARY


def test_a_person_is_found_by_the_mark_of_an_address_in_any_spelling(template):
    template.gallery.users.edit(4, email="Awa.Keita@Courriel.example ", phone="+33 6.12-34 56 78")
    sync_now(resource("users"))

    assert user("4").email_mark == personal.mark_email("awa.keita@courriel.example")
    assert user("4").phone_mark == personal.mark_phone("+33612345678")
    assert "keita" not in (user("4").email_mark or "")


def test_with_sealing_off_it_is_kept_as_it_came_and_read_back_after_a_change(template, monkeypatch):
    monkeypatch.setenv("SEAL_PERSONAL_DATA", "false")
    core.settings.reset()
    sync_now(resource("users"))
    assert user("1").email == template.gallery.users.get(1)["email"]

    monkeypatch.setenv("SEAL_PERSONAL_DATA", "true")
    core.settings.reset()
    again = sync_now(resource("users"))
    assert counts(again) == {"unchanged": 8}

    template.gallery.users.edit(1, city="Brest")
    sync_now(resource("users"))
    assert crypto.is_sealed(user("1").email or "")
    assert said("users")["1"]["email"] == template.gallery.users.get(1)["email"]


def test_a_value_that_only_looks_sealed_is_read_back(template, monkeypatch):
    monkeypatch.setenv("SEAL_PERSONAL_DATA", "false")
    core.settings.reset()
    looks = crypto.seal("somebody").replace("A", "B")
    template.gallery.users.edit(1, name=looks[:400])
    sync_now(resource("users"))

    assert said("users")["1"]["name"] == looks[:400]


def test_who_leaves_the_site_is_forgotten_and_the_tombstone_stays(template):
    sync_now(resource("users"))
    template.gallery.users.delete(3)

    found = sync_now(resource("users"))

    assert counts(found) == {"unchanged": 7, "deleted": 1}
    gone = user("3")
    assert gone.gone_at is not None
    assert {
        name: getattr(gone, name)
        for name in ("name", "email", "phone", "role", "extra", "email_mark", "phone_mark")
    } == dict.fromkeys(("name", "email", "phone", "role", "extra", "email_mark", "phone_mark"))


def test_who_comes_back_lives_again(template):
    sync_now(resource("users"))
    kept = template.gallery.users.get(3)
    template.gallery.users.delete(3)
    sync_now(resource("users"))
    template.gallery.users.add_raw(json.dumps(kept))

    found = sync_now(resource("users"))

    assert counts(found) == {"updated": 1, "unchanged": 7}
    assert said("users")["3"]["email"] == kept["email"]
    assert user("3").gone_at is None


def test_many_who_leave_at_once_wait_for_a_person(template):
    sync_now(resource("users"))
    template.gallery.users.delete(3, 4, 5)

    found = sync_now(resource("users"))

    assert found["status"] == "needs_approval"
    assert user("3").name is not None


def test_nobody_personal_is_in_a_log_a_list_of_errors_or_a_failure(canaries, capfd, monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    core.settings.reset()
    logs.configure()
    held = canaries.gallery
    held.orders.edit(2, items=CANARY)
    held.users.edit(3, id={"nested": CANARY}, email=f"{CANARY}@courriel.example")
    held.users.put_raw(4, json.dumps({"id": 4, "email": f"{CANARY}\0", "n": CANARY}))
    held.custom_requests.put_raw(3, f'{{"id": 3, "name": "{CANARY}", "budget": NaN}}')
    told = run_all()
    # An answer that breaks off in the middle of somebody.
    canaries.faults.add(Truncated(endpoint="users"))
    with pytest.raises(Exception, match="users") as failed:
        sync_now(resource("users"))

    printed = "".join(capfd.readouterr())
    assert "run.ends" in printed
    assert CANARY not in printed
    assert CANARY not in str(failed.value)
    assert CANARY not in str(told)
    assert told["orders"]["errors"] == told["custom_requests"]["errors"] == 1
    assert CANARY not in stored()


def test_a_run_that_a_worker_fails_keeps_nobody(canaries):
    canaries.faults.add(Truncated(endpoint="custom-requests"))
    with pytest.raises(Exception, match="custom-requests"):
        engine.execute(resource("custom_requests"), taken(resource("custom_requests")))

    assert CANARY not in stored()
