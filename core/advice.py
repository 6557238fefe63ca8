"""Sentences with what to do about them as a word: each door says that in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Advised:
    """A plain ``text``, and ``advice``: a word for what to do about it, which a door (command, API,
    page) has a sentence of its own for. ``names`` is what that sentence speaks of.
    """

    text: str
    advice: str
    names: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """For whoever has nothing better to say."""
        return self.text


Sentence = str | Advised


def in_words(sentence: Sentence, words: Mapping[str, str]) -> str:
    """The sentence as a door says it: ``words`` has a format by advice, in which ``said`` is the
    plain text without its full stop.
    """
    if not isinstance(sentence, Advised) or sentence.advice not in words:
        return str(sentence)
    return words[sentence.advice].format(said=sentence.text.removesuffix("."), **sentence.names)
