"""The catalogues: both say the same, all that is asked for is there, and French looks French."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest

from api.console import words
from api.console.words import Words
from api.till.answers import Refusal
from db.access import operators
from syncs import checking, gate
from syncs.families import FAMILIES
from syncs.registry import SYNCS
from syncs.views.acts import ActKind
from syncs.views.connectors import Outcome
from syncs.views.shapes import RunStatus
from syncs.views.shops import Reason
from syncs.views.status import State

API = Path(words.__file__).parents[2]
NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
STATES = set(get_args(State))
ANSWERS = {answer.status for answer in get_args(gate.Answer)}
# Keys that are put together, with what they are put together of.
MADE = {
    "state": STATES,
    "advice": STATES - {"ok", "running", "not_configured"},
    "run": {*get_args(RunStatus), "nothing"},
    "role": set(operators.ROLES),
    "cure": {*get_args(Refusal), "record"} - {"DOUBLON"},
    "answer": {*ANSWERS, "follows", "released"},
    "unsold": set(get_args(Reason)),
    "act_kind": {kind.replace(".", "_") for kind in get_args(ActKind)},
    "problem": {"403", "409", "413", "503"},
    "callback": {*get_args(Outcome), "unknown"},
    "connector_state": set(get_args(checking.State)),
    "connector_problem": set(get_args(checking.Advice)),
    "feed": {feed for feeds in FAMILIES.values() for feed in feeds},
    "sync": {name.replace(".", "_") for name in SYNCS.declared},
}


def flat(part: dict[str, Any], above: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in part.items():
        path = f"{above}.{key}" if above else key
        found |= flat(value, path) if isinstance(value, dict) else {path: value}
    return found


def catalogue(language: str) -> dict[str, str]:
    return flat(tomllib.loads((API / "console" / "words" / f"{language}.toml").read_text("utf-8")))


FR, EN = catalogue("fr"), catalogue("en")


def names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def used() -> set[str]:
    """Every key that stands in a template or in the code, whole."""
    found = set()
    for path in (API / "templates" / "console").glob("*.html"):
        found |= set(re.findall(r"""\bt\(["']([\w.]+)["'][,)]""", path.read_text("utf-8")))
    for path in [*(API / "console").glob("*.py"), API / "console" / "words" / "__init__.py"]:
        told = re.findall(r'"([a-z_.]+)"', path.read_text("utf-8"))
        found |= {key for key in told if key in FR}
    return found


def made() -> set[str]:
    return {f"{family}.{word}" for family, some in MADE.items() for word in some}


def test_both_languages_say_the_same_things_of_the_same_names():
    assert FR.keys() == EN.keys()
    for key, sentence in FR.items():
        assert names(sentence) == names(EN[key]), key


def test_what_is_asked_for_is_there_and_nothing_else_is():
    families = {
        family
        for path in (API / "templates" / "console").glob("*.html")
        for family in re.findall(r"""t\(["'](\w+)\.["'] ~""", path.read_text("utf-8"))
    }

    assert families <= MADE.keys()
    assert FR.keys() == used() | made()


@pytest.mark.parametrize("sentences", [FR, EN], ids=["fr", "en"])
def test_no_sentence_is_empty_or_typed_carelessly(sentences):
    for key, sentence in sentences.items():
        assert sentence == sentence.strip(), key
        assert sentence, key
        assert not re.search(r"['\"]|\.\.\.|  ", sentence), f"{key}: {sentence}"


def test_french_keeps_its_signs_with_their_words():
    for key, sentence in FR.items():
        assert not re.search(r"[^\u00a0\u202f«][:;?!](?!/)", sentence), f"{key}: {sentence}"
        assert not re.search(r"«(?!\u00a0)|(?<!\u00a0)»", sentence), f"{key}: {sentence}"
        assert not re.search(r"[“”]", sentence), f"{key}: {sentence}"
        assert not re.search(r"\d \d", sentence), f"{key}: {sentence}"


def test_english_puts_no_space_there():
    for key, sentence in EN.items():
        assert not re.search(r"\s[:;?!]|[«»]", sentence), f"{key}: {sentence}"


def test_numbers_and_moments_are_written_as_people_there_do():
    french, english = Words("fr"), Words("en")
    two = NOW - timedelta(hours=2)

    assert (french.number(25000), english.number(25000)) == ("25\u202f000", "25,000")
    assert (french.amount(Decimal("2.5")), english.amount(Decimal("2.5"))) == ("2,50", "2.50")
    assert french.amount(Decimal("0.3333")) == "0,3333"
    assert (french.ago(two, NOW), english.ago(two, NOW)) == ("il y a 2 heures", "2 hours ago")
    assert french.ago(NOW, NOW) == "à l’instant"
    assert french.ago(NOW + timedelta(minutes=3), NOW) == "dans 3 minutes"
    assert (french.age(two, NOW), english.age(two, NOW)) == ("2\u00a0heures", "2 hours")
    assert (french.moment(NOW), english.moment(NOW)) == ("21/11/2026 15:30", "21/11/2026, 15:30")
    assert french.day(date(2026, 11, 21)) == "samedi 21 novembre 2026"


def test_a_sync_has_a_name_for_people_or_its_own():
    assert Words("fr").sync("b2b.products") == "Articles du catalogue B2B"
    assert Words("en").sync("crm.people") == "crm.people"


def test_an_unknown_sentence_is_an_error():
    with pytest.raises(KeyError):
        Words("fr")("status.nothing")


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [
        ("/", "", "fr"),
        ("/", "fr", "fr"),
        ("/", "en", "en"),
        ("/", "en-US,en;q=0.9,fr;q=0.8", "en"),
        ("/", "fr-CD,fr;q=0.9,en;q=0.8", "fr"),
        ("/", "de,es;q=0.5", "fr"),
        ("/", "de,en;q=0.5", "en"),
        ("/", "*", "fr"),
        ("/", "\x00;;q=x", "fr"),
        ("/?lang=en", "fr", "en"),
        ("/?lang=fr", "en", "fr"),
        ("/?lang=de", "en", "en"),
        ("/?lang=../fr", "", "fr"),
    ],
)
def test_the_reader_chooses_the_language(app, path, accepted, language):
    with app.test_request_context(path, headers={"Accept-Language": accepted} if accepted else {}):
        assert words.chosen().language == language
