"""The sentences people read, French first: ``fr.toml`` and ``en.toml`` have the same keys."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import dates, numbers
from flask import request

from core.settings import settings

LANGUAGES = ("fr", "en")


class Words:
    """One language: its sentences, and how it writes numbers and moments."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._sentences = _catalogue(language)

    def __call__(self, key: str, **named: object) -> str:
        """The sentence ``status.title``, with what stands in its braces."""
        found: Any = self._sentences
        for part in key.split("."):
            found = found[part]
        return str(found).format(**named) if named else str(found)

    def number(self, value: float) -> str:
        """``25000`` as ``25 000``."""
        return str(numbers.format_decimal(value, locale=self.language))

    def age(self, seconds: float) -> str:
        """How long: ``2 heures``."""
        return dates.format_timedelta(timedelta(seconds=seconds), locale=self.language)

    def ago(self, moment: datetime, now: datetime) -> str:
        """``il y a 2 heures``, or ``dans 3 minutes``."""
        return dates.format_timedelta(moment - now, add_direction=True, locale=self.language)

    def moment(self, moment: datetime) -> str:
        """A date and a time of day, in the chain's time zone."""
        zone = ZoneInfo(settings().timezone)
        return dates.format_datetime(moment, "short", tzinfo=zone, locale=self.language)

    def day(self, moment: datetime) -> str:
        """A day in words."""
        return dates.format_date(moment, "full", locale=self.language)


def chosen() -> Words:
    """The language asked for by ``?lang=``, else by the browser; French otherwise."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        return Words(asked)
    return Words(request.accept_languages.best_match(LANGUAGES, default="fr") or "fr")


@cache
def _catalogue(language: str) -> dict[str, Any]:
    path = Path(__file__).with_name(f"{language}.toml")
    return tomllib.loads(path.read_text("utf-8"))
