"""What a command adds to a sentence from below: the command that helps."""

from __future__ import annotations

from core.errors import Advised, MoulinError, Sentence

ADVICE = {
    "no run": "{said}; 'python manage.py runs list' shows them.",
    "no failed task": "{said}; 'failed list' shows them.",
    "no reject": "{said}; 'rejects list' shows them.",
    "no batch": "{said}; 'batches list' shows them.",
    "no key": "{said}; 'apikey list' shows them.",
    "no operator": "{said}; 'operator list' shows them.",
    "no shop": "{said}; 'shop list' shows them.",
    "no terminal": "{said}; 'terminal list' shows them.",
    "key not in use": "{said}; 'apikey list' shows which one is.",
    "revoked": "{said}; 'terminal restore' lets it in again.",
    "newer run": "{said}: 'python manage.py runs show {run}'.",
}
"""By the word that the sentence carries; ``said`` is the sentence without its full stop."""


def sentence(said: Sentence) -> str:
    """The sentence as a person at a terminal reads it."""
    if not isinstance(said, Advised) or said.advice not in ADVICE:
        return str(said)
    return ADVICE[said.advice].format(said=said.text.removesuffix("."), **said.names)


def sentences(error: MoulinError) -> str:
    """All that the error says, a line each."""
    return "\n".join(map(sentence, error.sentences))
