"""Who leaves the site is forgotten: what was refused of him too, and no replay undoes it."""

import json

import pytest

from core import crypto
from core.errors import RefusedError
from db.models import Reject
from db.work.rejects import FORGOTTEN
from sandbox.faults import CountLie
from syncs.acts.by import By
from syncs.acts.rejects import replay
from syncs.acts.runs import approve
from tests.syncs import rows
from tests.syncs.running import counts, sync_now
from tests.syncs.template.exported import resource, user

NAME = "Awa Keita"


def refuse(template, key: int) -> Reject:
    """The site sends somebody with what no store can keep; the reject of it."""
    template.gallery.users.put_raw(key, json.dumps({"id": key, "name": NAME, "notes": "a\0b"}))
    sync_now(resource("users"))
    return rows.rejects()[-1]


def received(reject: Reject) -> object:
    """What a reject holds now."""
    (found,) = [each for each in rows.rejects(None) if each.id == reject.id]
    return json.loads(crypto.unseal(found.payload))


def test_what_was_refused_of_somebody_who_left_is_forgotten_with_him(template):
    sync_now(resource("users"))
    reject = refuse(template, 3)
    assert received(reject)["name"] == NAME  # type: ignore[index]  # it is the record
    template.gallery.users.delete(3)

    found = sync_now(resource("users"))

    assert counts(found) == {"unchanged": 7, "deleted": 1}
    assert rows.rejects() == []
    (closed,) = rows.rejects(None)
    assert (closed.state, closed.reason, closed.external_id) == ("discarded", FORGOTTEN, "3")
    assert (closed.field, closed.message) == ("", FORGOTTEN)
    assert received(reject) is None
    assert (user("3").error, user("3").name) == (None, None)
    with pytest.raises(RefusedError, match="discarded already"):
        replay(reject.id, by=By("Awa"))
    assert user("3").gone_at is not None


def test_a_reject_that_was_closed_long_ago_is_emptied_and_stays_what_it_was(template):
    sync_now(resource("users"))
    kept = template.gallery.users.text(3)
    reject = refuse(template, 3)
    template.gallery.users.put_raw(3, kept)
    sync_now(resource("users"))
    assert received(reject) is not None
    template.gallery.users.delete(3)

    found = sync_now(resource("users"))

    assert found["deleted"] == 1
    (closed,) = rows.rejects("replayed")
    assert closed.reason != FORGOTTEN
    assert received(reject) is None


def test_somebody_who_was_only_ever_refused_is_forgotten_when_he_no_longer_comes(template):
    template.gallery.users.add_raw('{"name": "nobody knows whom"}')
    nameless = refuse(template, 3)
    still = refuse(template, 4)
    assert len(rows.rejects()) == 3
    template.gallery.users.delete(3, min(template.gallery.users.keys()))

    found = sync_now(resource("users"))

    assert counts(found) == {"unchanged": 6, "errors": 1}
    assert [reject.id for reject in rows.rejects()] == [still.id]
    assert received(still) is not None
    assert received(nameless) is None
    assert all(reject.reason == FORGOTTEN for reject in rows.rejects("discarded"))


def test_what_is_forgotten_once_is_not_touched_again(template):
    reject = refuse(template, 3)
    template.gallery.users.delete(3)
    sync_now(resource("users"))
    before = rows.dump(Reject)

    sync_now(resource("users"))

    assert rows.dump(Reject) == before
    assert received(reject) is None


def test_a_look_that_cannot_be_trusted_forgets_nobody(template):
    reject = refuse(template, 3)
    template.gallery.users.delete(3)
    template.faults.add(CountLie(endpoint="users", offset=1))

    sync_now(resource("users"))

    assert [each.id for each in rows.rejects()] == [reject.id]
    assert received(reject) is not None


def test_rejects_of_the_many_who_leave_wait_for_a_persons_word_too(template):
    sync_now(resource("users"))
    reject = refuse(template, 3)
    template.gallery.users.delete(3, 4, 5)
    found = sync_now(resource("users"))
    assert found["status"] == "needs_approval"
    assert received(reject) is not None

    approve(found["run_id"], by=By("Awa"))

    assert rows.rejects() == []
    assert received(reject) is None


def test_nobody_is_brought_back_by_a_replay(template):
    sync_now(resource("users"))
    template.gallery.users.delete(3)
    sync_now(resource("users"))
    template.gallery.users.add_raw(json.dumps({"id": 3, "name": NAME, "notes": "a\0b"}))
    sync_now(resource("users"))
    (reject,) = rows.rejects()
    # Our code learns to read it.
    rows.change(Reject, reject.id, payload=crypto.seal(json.dumps({"id": 3, "name": NAME})))

    with pytest.raises(RefusedError, match="nobody is brought back"):
        replay(reject.id, by=By("Awa"))

    assert (user("3").name, user("3").gone_at is None) == (None, False)
    assert [each.id for each in rows.rejects()] == [reject.id]


def test_who_is_there_is_replayed_as_ever(template):
    sync_now(resource("users"))
    reject = refuse(template, 3)
    rows.change(Reject, reject.id, payload=crypto.seal(json.dumps({"id": 3, "name": NAME})))

    replay(reject.id, by=By("Awa"))

    assert rows.rejects() == []
    assert (user("3").gone_at, user("3").sync_status) == (None, "synced")


def test_tables_that_forget_nobody_keep_what_they_refused(template):
    template.gallery.custom_requests.put_raw(3, '{"id": 3, "name": "a\\u0000b"}')
    sync_now(resource("custom_requests"))
    template.gallery.custom_requests.delete(3)

    sync_now(resource("custom_requests"))

    (reject,) = rows.rejects()
    assert received(reject) == {"id": 3, "name": "a\0b"}
