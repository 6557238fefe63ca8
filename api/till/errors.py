"""Errors as the tills know them: a French sentence and a code, under every address of theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from flask import Response

PREFIX = "/api/v2/simple/"

SENTENCES = {
    "BATCH_NOT_FOUND": "Lot de ventes non trouvé",
    "BODY_TOO_LARGE": "Requête trop volumineuse: 2 Mio au plus, envoyez moins de ventes à la fois",
    "INVALID_FORMAT": "Format invalide: un tableau de ventes est attendu",
    "INVALID_KEY": "Idempotency-Key invalide: 1 à 255 caractères ASCII imprimables",
    "INVALID_QUERY": "Paramètre invalide",
    "KEY_REUSED": "Idempotency-Key déjà utilisée pour d'autres ventes",
    "METHOD_NOT_ALLOWED": "Méthode non autorisée à cette adresse",
    "NOT_FOUND": "Adresse inconnue",
    "TOO_MANY_LINES": "Trop de lignes: 200 au plus par vente, 10 000 par requête, envoyez moins",
    "TOO_MANY_SALES": "Trop de ventes: 500 au plus par requête, envoyez-les en plusieurs fois",
}
UNREADABLE = {
    "BYTE_ORDER_MARK": "le corps commence par une marque d'ordre (BOM), envoyez de l'UTF-8 sans",
    "DUPLICATE_KEY": "un champ figure deux fois dans le même objet",
    "INVALID_JSON": "le corps n'est pas du JSON valide",
    "INVALID_UTF8": "le corps n'est pas de l'UTF-8 valide",
    "TOO_DEEP": "le corps a plus de 32 niveaux d'imbrication",
    "UNSUPPORTED_ENCODING": "le corps est compressé ou dans un autre encodage, envoyez de l'UTF-8",
}
"""Why a body is no array of sales, by our own word: a till of the field knows INVALID_FORMAT."""
_AWAY = "Service momentanément indisponible: renvoyez la même requête dans quelques secondes"
_OURS = "Erreur interne du serveur: renvoyez la même requête plus tard"
_THEIRS = "Requête invalide"


class TillError(Exception):
    """Ends a till's request with ``status``; ``more`` are further fields of the answer."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.more = more


def worded(
    status: int, code: str, headers: Mapping[str, str] | None = None, **more: object
) -> TillError:
    """The error with the sentence of its code, else of its kind."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        other = _AWAY
    else:
        other = _OURS if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _THEIRS
    return TillError(status, code, SENTENCES.get(code, other), headers, **more)


def unreadable(why: str, **more: object) -> TillError:
    """400 INVALID_FORMAT whose sentence also says ``why``, a key of ``UNREADABLE``."""
    code = "INVALID_FORMAT"
    return TillError(400, code, f"{SENTENCES[code]}; {UNREADABLE[why]}", None, **more)


def answer(error: TillError) -> Response:
    """The error as a response."""
    document = {"error": error.message, "code": error.code, **error.more}
    text = json.dumps(document, ensure_ascii=False)
    return Response(text, error.status, headers=error.headers, mimetype="application/json")
