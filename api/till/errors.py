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
    "BYTE_ORDER_MARK": "Le corps commence par une marque d'ordre (BOM): envoyez de l'UTF-8 sans",
    "DUPLICATE_KEY": "JSON invalide: un champ figure deux fois dans le même objet",
    "INVALID_FORMAT": "Format invalide: un tableau de ventes est attendu",
    "INVALID_JSON": "Le corps n'est pas du JSON valide",
    "INVALID_KEY": "Idempotency-Key invalide: 1 à 255 caractères ASCII imprimables",
    "INVALID_QUERY": "Paramètre invalide",
    "INVALID_UTF8": "Le corps n'est pas de l'UTF-8 valide",
    "KEY_REUSED": "Idempotency-Key déjà utilisée pour d'autres ventes",
    "METHOD_NOT_ALLOWED": "Méthode non autorisée à cette adresse",
    "NOT_FOUND": "Adresse inconnue",
    "TOO_DEEP": "JSON invalide: 32 niveaux d'imbrication au plus",
    "TOO_MANY_LINES": "Trop de lignes: 200 au plus par vente, 10 000 par requête, envoyez moins",
    "TOO_MANY_SALES": "Trop de ventes: 500 au plus par requête, envoyez-les en plusieurs fois",
    "UNSUPPORTED_ENCODING": "Encodage non pris en charge: envoyez de l'UTF-8 non compressé",
}
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


def answer(error: TillError) -> Response:
    """The error as a response."""
    document = {"error": error.message, "code": error.code, **error.more}
    text = json.dumps(document, ensure_ascii=False)
    return Response(text, error.status, headers=error.headers, mimetype="application/json")
