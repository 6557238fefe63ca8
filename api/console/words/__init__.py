"""The sentences people read, French first: ``fr.toml`` and ``en.toml`` have the same keys."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import dates, numbers
from flask import request

from core.advice import Advised, Sentence
from core.document import Json
from core.settings import settings

LOCALES = {"fr": "fr_FR", "en": "en_GB"}
"""Days before months, and a clock of 24 hours: the shops are in Europe."""


class Words:
    """One language: its sentences, and how it writes numbers and moments."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._locale = LOCALES[language]
        self._sentences = _catalogue(language)

    def __call__(self, key: str, **named: object) -> str:
        """The sentence ``status.title``, with the values of its braces; ``KeyError``: none."""
        entry: Any = self._sentences
        for part in key.split("."):
            entry = entry[part]
        return str(entry).format(**named)

    def sync(self, name: str) -> str:
        """What a sync brings in, in words; its own name where the catalogue has none."""
        source, _, feed = name.partition(".")
        known = self._sentences["sync"].get(name.replace(".", "_"))
        return str(known or self._sentences["feed"].get(feed, name).format(name=source))

    def problem(self, said: Sentence) -> str:
        """What is wrong with a connector; as it is for what others say."""
        if not isinstance(said, Advised):
            return said
        names = {
            name: self.day(value) if isinstance(value, date) else value
            for name, value in said.names.items()
        }
        return self(f"connector_problem.{said.advice}", **names)

    def number(self, value: float | Decimal) -> str:
        """``25000`` as ``25 000``."""
        return str(numbers.format_decimal(value, locale=self._locale))

    def amount(self, value: Decimal) -> str:
        """``2.5`` as ``2,50``."""
        return str(numbers.format_decimal(value, format="#,##0.00##", locale=self._locale))

    def age(self, moment: datetime, now: datetime) -> str:
        """How long that is ago: ``2 heures``."""
        return dates.format_timedelta(now - moment, locale=self._locale)

    def ago(self, moment: datetime, now: datetime) -> str:
        """``il y a 2 heures``, or ``dans 3 minutes``."""
        if abs(moment - now) < timedelta(seconds=1):
            return self("now")
        return dates.format_timedelta(moment - now, add_direction=True, locale=self._locale)

    def moment(self, moment: datetime) -> str:
        """A date and a time of day, in the chain's time zone."""
        zone = ZoneInfo(settings().timezone)
        return dates.format_datetime(moment, "short", tzinfo=zone, locale=self._locale)

    def day(self, day: date) -> str:
        """A day in words."""
        return dates.format_date(day, "full", locale=self._locale)

    def short_day(self, day: date) -> str:
        """``13 nov.``."""
        return dates.format_skeleton("dMMM", day, locale=self._locale)


def asked() -> str | None:
    """The language that ``?lang=`` asks for."""
    given = request.args.get("lang")
    return given if given in LOCALES else None


def chosen() -> Words:
    """The language asked for by ``?lang=``, else by the browser; French otherwise."""
    by_browser = request.accept_languages.best_match(LOCALES, default="fr")
    return Words(asked() or by_browser or "fr")


@cache
def _catalogue(language: str) -> Json:
    path = Path(__file__).with_name(f"{language}.toml")
    return tomllib.loads(path.read_text("utf-8"))
