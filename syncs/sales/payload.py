"""A sale as the tills send it (their guide, "Format de Requête"), and why one is refused.

The wire is French: names by alias, and every refusal a French sentence for the till's screen.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from core import crypto, details, money
from core.canonical import canonical
from core.errors import SkippableError
from core.strict_json import Unusable

INVALID = "VENTE_INVALIDE"
LONGEST_NUMBER = 64
MOST_LINES = 200
LARGEST_QUANTITY = 10**6
LARGEST_CLIENT = 4000
"""Characters of its JSON."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

NOT_AN_INTEGER = "doit être un nombre entier"
_SENTENCES = {
    "missing": "est obligatoire",
    "model_type": "doit être un objet JSON",
    "model_attributes_type": "doit être un objet JSON",
    "list_type": "doit être un tableau",
    "too_short": "doit contenir au moins une ligne",
    "too_long": f"contient plus de {MOST_LINES} lignes ; partagez la vente",
    "bool_type": "doit être true ou false",
    "literal_error": "doit être CASH, MOBILE_MONEY ou CARTE",
    "money_decimals": "a plus de 4 décimales ; arrondissez le montant",
    "money_negative": "ne peut pas être négatif",
    "money_large": "dépasse 1 000 000 000 ; vérifiez l’unité",
    "money_finite": "n’est pas un nombre fini",
    "money_comma": "contient une virgule ; écrivez le point, comme 12.50",
}
_MONEY = "n’est pas un montant ; envoyez un nombre comme 12500.00"


def _refuse(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("till", "{sentence}", {"sentence": sentence})


def _number(value: object) -> str | None:
    """An invoice number as it was sent; an empty one is none.

    What is around it is no part of it, so a scanner's line break there does no harm.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise _refuse("doit être un texte")
    number = canonical(value)
    if not number:
        return None
    if len(value) > LONGEST_NUMBER:
        raise _refuse(f"dépasse {LONGEST_NUMBER} caractères")
    if details.printable(number) != number:
        raise _refuse("contient des caractères de contrôle")
    return value


def _whole(value: object) -> int:
    if type(value) is int:
        return value
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    raise _refuse(NOT_AN_INTEGER)


def _quantity(value: object) -> int:
    quantity = 1 if value is None else _whole(value)
    if quantity == 0:
        raise _refuse("ne peut pas être 0")
    if abs(quantity) > LARGEST_QUANTITY:
        raise _refuse("dépasse 1 000 000 ; vérifiez la quantité")
    return quantity


def _amount(value: object) -> Decimal | None:
    if isinstance(value, Unusable):
        raise _refuse("n’est pas un nombre fini")
    return None if value is None else money.amount(value)


def _discount(value: object) -> Decimal | None:
    """How much is taken off; a till may write it of a refund with its sign."""
    if isinstance(value, Unusable):
        raise _refuse("n’est pas un nombre fini")
    return None if value is None else abs(money.signed(value))


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]  # else a TypeError
    except (TypeError, ValueError):
        raise _refuse("doit être une date ISO 8601, comme 2026-11-21T14:30:00+01:00") from None
    return moment


def _client(value: object) -> str | None:
    """The customer as JSON text: a name, or an object of whatever the till knows."""
    if value is None or value == "":
        return None
    if not isinstance(value, str | dict):
        raise _refuse("doit être un texte ou un objet")
    text = json.dumps(value, default=_inside_client)
    if len(text) > LARGEST_CLIENT:
        raise _refuse(f"dépasse {LARGEST_CLIENT} caractères")
    return text


def _inside_client(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise _refuse("contient un nombre illisible")


# What the validators above take, for the document that describes the wire.
_Number = Annotated[str, Field(max_length=LONGEST_NUMBER)] | None
_Quantity = Annotated[int, Field(ge=-LARGEST_QUANTITY, le=LARGEST_QUANTITY)] | None
_Amount = Annotated[float, Field(ge=0, le=money.LARGEST)] | str | None
_Discount = Annotated[float, Field(ge=-money.LARGEST, le=money.LARGEST)] | str | None
_Client = str | dict[str, object] | None


class TillLine(BaseModel):
    """One article; without a price it has the list's."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    product_id: Annotated[int, PlainValidator(_whole, json_schema_input_type=int)] = Field(
        alias="article_id"
    )
    quantity: Annotated[int, PlainValidator(_quantity, json_schema_input_type=_Quantity)] = Field(
        default=1, alias="quantite"
    )
    unit_price: Annotated[
        Decimal | None, PlainValidator(_amount, json_schema_input_type=_Amount)
    ] = Field(default=None, alias="prix_unitaire")


class TillSale(BaseModel):
    """One sale. ``sold_at`` is None when the till did not say when it happened; ``discount`` is
    an amount without a sign, for it takes that of the sale.

    A till's serializer writes ``null`` for what it has not: null is absent everywhere.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, strict=True,
        json_schema_extra={"description": "One sale; null is the same as absent, everywhere."},
    )  # fmt: skip

    number: Annotated[str | None, PlainValidator(_number, json_schema_input_type=_Number)] = Field(
        default=None, alias="numero_facture"
    )
    payment_method: Literal["CASH", "MOBILE_MONEY", "CARTE"] | None = Field(
        default="CASH", alias="mode_paiement"
    )
    paid: bool | None = Field(default=True, alias="paye")
    lines: list[TillLine] = Field(alias="lignes", min_length=1, max_length=MOST_LINES)
    sold_at: Annotated[
        datetime | None, PlainValidator(_moment, json_schema_input_type=datetime | None)
    ] = Field(default=None, alias="date_vente")
    discount: Annotated[
        Decimal | None, PlainValidator(_discount, json_schema_input_type=_Discount)
    ] = Field(default=None, alias="remise")
    client: Annotated[str | None, PlainValidator(_client, json_schema_input_type=_Client)] = None

    @property
    def method(self) -> str:
        """How it was paid."""
        return self.payment_method or "CASH"

    @property
    def is_paid(self) -> bool:
        """Whether it was paid; False only when the till sent so."""
        return self.paid is not False

    def moment(self, zone: ZoneInfo) -> datetime | None:
        """When it was sold, in UTC; ``zone`` is the shop's, for a date without an offset.

        Raises ``SkippableError`` for a moment that no till has seen.
        """
        return None if self.sold_at is None else _placed(self.sold_at, zone)

    def content_hash(self) -> str:
        """A digest by which two sales under one number are compared. The customer is no part of
        it: the hash of a name could be guessed.
        """
        content = [
            self.method,
            self.is_paid,
            _isoformat(self.sold_at),
            _plain(self.discount),
            [[line.product_id, line.quantity, _plain(line.unit_price)] for line in self.lines],
        ]
        return crypto.digest(json.dumps(content))


def read(raw: object, zone: ZoneInfo) -> TillSale:
    """One item of a till's array; ``zone`` is the shop's, for a date without one.

    Raises ``SkippableError`` with the field's path and a French sentence.
    """
    if not isinstance(raw, dict):
        raise SkippableError("Une vente doit être un objet JSON.", code=INVALID)
    try:
        sale = TillSale.model_validate(raw)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_input=False)[0]) from None
    sale.moment(zone)
    return sale


def number_of(raw: object) -> str | None:
    """The number of a sale that may be malformed otherwise; None without a usable one."""
    try:
        return _number(raw.get("numero_facture")) if isinstance(raw, dict) else None
    except PydanticCustomError:
        return None


def _placed(moment: datetime, zone: ZoneInfo) -> datetime:
    try:
        instant = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        instant = datetime.min.replace(tzinfo=UTC)
    if instant < EARLIEST:
        raise SkippableError(
            "date_vente : est avant l’an 2000 ; vérifiez l’horloge du terminal.",
            field="date_vente",
            code=INVALID,
        )
    return instant


def _isoformat(moment: datetime | None) -> str | None:
    """ISO 8601, in UTC only when the till sent an offset: the zone of a shop may change, and the
    sale stays the same.
    """
    if moment is None:
        return None
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).isoformat()


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _refusal(problem: ErrorDetails) -> SkippableError:
    path = details.printable(".".join(str(step) for step in problem["loc"]))[:120]
    kind = problem["type"]
    known: dict[str, object] = problem.get("ctx", {})
    sentence = known["sentence"] if kind == "till" else _SENTENCES.get(kind, _MONEY)
    return SkippableError(f"{path} : {sentence}.", field=path, code=INVALID)
