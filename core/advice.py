"""Sentences with a code of what to do, which each caller puts in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Advised:
    """A plain ``text``, and ``advice``: a code for what to do about it, for which each caller has a
    sentence of its own (command, API, page). ``names`` are that sentence's parameters.
    """

    text: str
    advice: str
    names: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """The plain text, for a caller without its own sentence."""
        return self.text


Sentence = str | Advised


def in_words(sentence: Sentence, words: Mapping[str, str]) -> str:
    """The sentence in a caller's words: ``words`` has a format by advice, in which ``said`` is the
    plain text without its full stop.
    """
    if not isinstance(sentence, Advised) or sentence.advice not in words:
        return str(sentence)
    return words[sentence.advice].format(said=sentence.text.removesuffix("."), **sentence.names)
