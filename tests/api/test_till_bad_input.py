"""Bad input: a request is refused as a whole, or one sale of it and the others go through."""

from __future__ import annotations

import gzip
import json

import pytest

from db.models import Sale, SalesBatch
from tests.api.till import CASE, GUIDE, PHONE, THEIRS, Till, count, furnish, numbers, sale, stock_of

GOOD = sale("GOOD")
WHOLE = {
    "nothing": (b"", 400, "INVALID_FORMAT"),
    "blank": (b"  ", 400, "INVALID_FORMAT"),
    "words": (b"bonjour", 400, "INVALID_FORMAT"),
    "cut": (GUIDE.encode()[:-20], 400, "INVALID_FORMAT"),
    "a word": (b"[bonjour]", 400, "INVALID_FORMAT"),
    "a comma too many": (b"[1,]", 400, "INVALID_FORMAT"),
    "two arrays": (b"[][]", 400, "INVALID_FORMAT"),
    "false": (b"false", 400, "INVALID_FORMAT"),
    "a NUL": (b"\x00", 400, "INVALID_FORMAT"),
    "-Infinity": (b"-Infinity", 400, "INVALID_FORMAT"),
    "form": (b"numero_facture=1", 400, "INVALID_FORMAT"),
    "an object": (b'{"ventes": []}', 400, "INVALID_FORMAT"),
    "a text": (b'"[]"', 400, "INVALID_FORMAT"),
    "null": (b"null", 400, "INVALID_FORMAT"),
    "a number": (b"1", 400, "INVALID_FORMAT"),
    "NaN": (b"NaN", 400, "INVALID_FORMAT"),
    "1e999": (b"1e999", 400, "INVALID_FORMAT"),
    "Latin-1": ('[{"numero_facture": "é"}]'.encode("latin-1"), 400, "INVALID_FORMAT"),
    "UTF-16": (GUIDE.encode("utf-16"), 400, "INVALID_FORMAT"),
    "UTF-16 without a mark": (GUIDE.encode("utf-16-le"), 400, "INVALID_FORMAT"),
    "a mark": (b"\xef\xbb\xbf" + GUIDE.encode(), 400, "INVALID_FORMAT"),
    "a surrogate in UTF-8": (b'["\xed\xa0\x80"]', 400, "INVALID_FORMAT"),
    "33 levels": (b"[" * 33 + b"]" * 33, 400, "INVALID_FORMAT"),
    "100,000 levels": (b"[" * 100_000 + b"]" * 100_000, 400, "INVALID_FORMAT"),
    "100,000 objects": (b'[{"a":' * 50_000, 400, "INVALID_FORMAT"),
    "gzip": (gzip.compress(GUIDE.encode()), 400, "INVALID_FORMAT"),
    "10 MB": (b"[" + b" " * 10_000_000 + b"]", 413, "BODY_TOO_LARGE"),
    "2 MiB and a byte": (b"[" + b" " * (2 * 1024 * 1024 - 1) + b"]", 413, "BODY_TOO_LARGE"),
    "501 sales": (json.dumps([sale(f"N-{i}") for i in range(501)]).encode(), 413, "TOO_MANY_SALES"),
    "100,000 sales": (b"[" + b"1," * 99_999 + b"1]", 413, "TOO_MANY_SALES"),
}
DOUBLE = b'[{"numero_facture": "A", "lignes": [{"article_id": 6, "article_id": 7}]}]'


@pytest.fixture
def till(app, store):
    furnish(cases=100)
    return Till(app)


def test_what_is_no_array_of_sales_is_refused_as_a_whole(till):
    for name, (raw, status, code) in WHOLE.items():
        answer = till.post(raw)

        assert (answer.status_code, answer.get_json()["code"]) == (status, code), name
        assert list(answer.get_json()) == ["error", "code"], name
        assert answer.mimetype == "application/json", name
    assert count(SalesBatch) == 0


def test_a_field_that_stands_twice_is_named(till):
    answer = till.post(DOUBLE)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "INVALID_FORMAT")
    assert "deux fois" in answer.get_json()["error"]
    assert answer.get_json()["champ"] == "0.lignes.0.article_id"


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b'{"ventes": []}', "Format invalide: un tableau de ventes est attendu"),
        (
            b"",
            "Format invalide: un tableau de ventes est attendu; le corps n'est pas du JSON valide",
        ),
    ],
)
def test_the_sentence_begins_as_the_guides_and_may_say_more(till, raw, sentence):
    assert till.post(raw).get_json() == {"error": sentence, "code": "INVALID_FORMAT"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Encoding": "gzip"},
        {"Content-Encoding": "br"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "text/plain; charset=utf-16"},
    ],
)
def test_another_encoding_is_refused(till, headers):
    answer = till.post(GUIDE, **{name.replace("-", "_"): value for name, value in headers.items()})

    assert (answer.status_code, answer.get_json()["code"]) == (400, "INVALID_FORMAT")
    assert count(SalesBatch) == 0


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json; charset="UTF-8"',
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "*/*",
        "é",
    ],
)
def test_the_media_type_is_not_looked_at(till, kind):
    assert till.post(GUIDE, Content_Type=kind, prefer="respond-async").status_code == 202


def test_500_sales_of_200_lines_are_too_many_for_nobody_and_201_lines_are(till):
    lines = [(PHONE, 1)] * 200
    assert till.post([sale("A", *lines)], prefer="respond-async").status_code == 202
    many = [sale(f"B-{index}", (CASE, 1)) for index in range(500)]
    assert till.post(many, prefer="respond-async").status_code == 202

    answer = till.post([GOOD, sale("C", *lines, (PHONE, 1))])

    assert answer.status_code == 413
    assert answer.get_json() | {"error": ""} == {"error": "", "code": "TOO_MANY_LINES", "index": 2}
    assert count(SalesBatch) == 2


@pytest.mark.parametrize("key", ["", "é", "a\tb", "k" * 256, "\x7f", "ключ"])
def test_what_is_no_key_is_refused(till, key):
    answer = till.post(GUIDE, idempotency_key=key.encode().decode("latin-1"))

    assert (answer.status_code, answer.get_json()["code"]) == (400, "INVALID_KEY")
    assert count(SalesBatch) == 0


@pytest.mark.parametrize("key", ["k", "k" * 255, '"quoted"', "a b, c; d=e", "~!"])
def test_printable_keys_are_taken(till, key):
    assert till.post(GUIDE, idempotency_key=key, prefer="respond-async").status_code == 202


def lines(**values):
    """A sale of one line with ``values``."""
    return {"numero_facture": "BAD", "lignes": [{"article_id": PHONE} | values]}


INVALID = "VENTE_INVALIDE"
UNKNOWN = "ARTICLE_INCONNU"
ONE = {
    "a number": (7, INVALID, None),
    "a text": ("VENTE-001", INVALID, None),
    "null": (None, INVALID, None),
    "a list": ([], INVALID, None),
    "an empty object": ({}, INVALID, "lignes"),
    "no lines": ({"numero_facture": "BAD"}, INVALID, "lignes"),
    "lines null": ({"numero_facture": "BAD", "lignes": None}, INVALID, "lignes"),
    "lines empty": ({"numero_facture": "BAD", "lignes": []}, INVALID, "lignes"),
    "lines an object": ({"numero_facture": "BAD", "lignes": {}}, INVALID, "lignes"),
    "a line of text": ({"numero_facture": "BAD", "lignes": ["x"]}, INVALID, "lignes.0"),
    "the second line": (
        {"numero_facture": "BAD", "lignes": [{"article_id": PHONE}, {"quantite": 1}]},
        INVALID,
        "lignes.1.article_id",
    ),
    "article unknown": (lines(article_id=999), UNKNOWN, "lignes.0.article_id"),
    "article 0": (lines(article_id=0), UNKNOWN, "lignes.0.article_id"),
    "article -1": (lines(article_id=-1), UNKNOWN, "lignes.0.article_id"),
    "article 2^63": (lines(article_id=2**63), UNKNOWN, "lignes.0.article_id"),
    "article 10^90": (lines(article_id=10**90), UNKNOWN, "lignes.0.article_id"),
    "another shop's article": (lines(article_id=THEIRS), UNKNOWN, "lignes.0.article_id"),
    "article as text": (lines(article_id="6"), INVALID, "lignes.0.article_id"),
    "article true": (lines(article_id=True), INVALID, "lignes.0.article_id"),
    "article 6.5": (lines(article_id=6.5), INVALID, "lignes.0.article_id"),
    "article null": (lines(article_id=None), INVALID, "lignes.0.article_id"),
    "quantity 0": (lines(quantite=0), INVALID, "lignes.0.quantite"),
    "quantity 1.5": (lines(quantite=1.5), INVALID, "lignes.0.quantite"),
    "quantity text": (lines(quantite="2"), INVALID, "lignes.0.quantite"),
    "quantity 10^9": (lines(quantite=10**9), INVALID, "lignes.0.quantite"),
    "quantity -10^9": (lines(quantite=-(10**9)), INVALID, "lignes.0.quantite"),
    "quantity true": (lines(quantite=True), INVALID, "lignes.0.quantite"),
    "price negative": (lines(prix_unitaire=-1), INVALID, "lignes.0.prix_unitaire"),
    "price of 5 decimals": (lines(prix_unitaire=1.00001), INVALID, "lignes.0.prix_unitaire"),
    "price 10^10": (lines(prix_unitaire=10**10), INVALID, "lignes.0.prix_unitaire"),
    "price with a comma": (lines(prix_unitaire="12,50"), INVALID, "lignes.0.prix_unitaire"),
    "price a list": (lines(prix_unitaire=[1]), INVALID, "lignes.0.prix_unitaire"),
    "price true": (lines(prix_unitaire=True), INVALID, "lignes.0.prix_unitaire"),
    "payment unknown": (sale("BAD", mode_paiement="CHEQUE"), INVALID, "mode_paiement"),
    "payment small": (sale("BAD", mode_paiement="cash"), INVALID, "mode_paiement"),
    "paid as text": (sale("BAD", paye="true"), INVALID, "paye"),
    "paid 1": (sale("BAD", paye=1), INVALID, "paye"),
    "number of 300": (sale("N" * 300), INVALID, "numero_facture"),
    "number 7": (sale() | {"numero_facture": 7}, INVALID, "numero_facture"),
    "number with a newline": (sale("A\nB"), INVALID, "numero_facture"),
    "number with NUL": (sale("A\x00B"), INVALID, "numero_facture"),
    "number with half a character": (sale("A\ud800"), INVALID, "numero_facture"),
    "number with ESC": (sale("\x1b[2J"), INVALID, "numero_facture"),
    "date of words": (sale("BAD", date_vente="hier"), INVALID, "date_vente"),
    "date as number": (sale("BAD", date_vente=1767225600), INVALID, "date_vente"),
    "date of 1970": (sale("BAD", date_vente="1970-01-01T00:00:00Z"), INVALID, "date_vente"),
    "discount below the sale": (sale("BAD", remise=-40001), INVALID, "remise"),
    "discount above the sale": (sale("BAD", remise=40001), INVALID, "remise"),
    "client a number": (sale("BAD", client=7), INVALID, "client"),
    "too much stock": (sale("BAD", (PHONE, 11)), "STOCK_INSUFFISANT", None),
    "one article on two lines": (
        sale("BAD", (PHONE, 6), (PHONE, 5)),
        "STOCK_INSUFFISANT",
        None,
    ),
}
"""A sale, the code of its refusal, and the field it names."""

RAW = {
    "price NaN": ('{"article_id": 6, "prix_unitaire": NaN}', "lignes.0.prix_unitaire"),
    "price Infinity": ('{"article_id": 6, "prix_unitaire": Infinity}', "lignes.0.prix_unitaire"),
    "price 1e999": ('{"article_id": 6, "prix_unitaire": 1e999}', "lignes.0.prix_unitaire"),
    "price of 5,000 digits": (
        f'{{"article_id": 6, "prix_unitaire": {"9" * 5000}}}',
        "lignes.0.prix_unitaire",
    ),
    "quantity NaN": ('{"article_id": 6, "quantite": NaN}', "lignes.0.quantite"),
    "quantity 1e300": ('{"article_id": 6, "quantite": 1e300}', "lignes.0.quantite"),
    "quantity 1e999": ('{"article_id": 6, "quantite": 1e999}', "lignes.0.quantite"),
    "article NaN": ('{"article_id": NaN}', "lignes.0.article_id"),
    "a line NaN": ("NaN", "lignes.0"),
}


def refusals(till, bad):
    """The entries of the refused sales ``bad`` (JSON), each between two good ones that go in."""
    good = [json.dumps(sale(f"GOOD-{index}", (CASE, 1))) for index in range(len(bad) + 1)]
    pairs = zip(good, [*bad, None], strict=True)
    told = till.sold(f"[{','.join(each for pair in pairs for each in pair if each is not None)}]")

    names = [json.loads(each)["numero_facture"] for each in good]
    assert [each["numero_facture"] for each in told["ventes_creees"]] == names
    assert told["statistiques"] == {
        "total_envoyees": len(good) + len(bad),
        "reussies": len(good),
        "erreurs": len(bad),
    }
    assert numbers() == names
    assert (stock_of(PHONE), stock_of(CASE)) == (10, 100 - len(good))
    entries = told["ventes_erreurs"]
    assert [each["index"] for each in entries] == [2 * index + 2 for index in range(len(bad))]
    assert all(each["erreur"] for each in entries)
    return entries


def test_a_bad_sale_is_refused_by_its_field_and_the_others_go_through(till):
    entries = refusals(till, [json.dumps(bad) for bad, _, _ in ONE.values()])

    for (name, (bad, code, field)), entry in zip(ONE.items(), entries, strict=True):
        assert (entry["code"], entry.get("champ")) == (code, field), name
        readable = isinstance(bad, dict) and bad.get("numero_facture") == "BAD"
        assert entry["numero_facture"] == ("BAD" if readable else None), name


def test_a_number_nobody_can_hold_is_its_own_sales_trouble(till):
    bad = [f'{{"numero_facture": "BAD", "lignes": [{line}]}}' for line, _ in RAW.values()]

    entries = refusals(till, bad)

    for (name, (_, field)), entry in zip(RAW.items(), entries, strict=True):
        told = (entry["code"], entry.get("champ"), entry["numero_facture"])
        assert told == (INVALID, field, "BAD"), name


def test_the_same_number_twice_in_one_batch_is_sold_once(till):
    told = till.sold([sale("A"), sale("A"), sale("A", (CASE, 1))])

    assert [each["code"] for each in told["ventes_erreurs"]] == ["DOUBLON", "CONFLIT_FACTURE"]
    assert [each["numero_facture"] for each in told["ventes_creees"]] == ["A", "A"]
    assert numbers() == ["A"]
    assert (stock_of(PHONE), stock_of(CASE)) == (9, 100)


def test_one_article_on_several_lines_is_counted_together(till):
    told = till.sold([sale("A", (PHONE, 6), (PHONE, 4)), sale("B")])

    assert [each["numero_facture"] for each in told["ventes_creees"]] == ["A"]
    assert told["ventes_erreurs"][0]["erreur"] == "Stock insuffisant pour Samsung S24"
    assert stock_of(PHONE) == 0


def test_what_only_looks_bad_is_taken(till):
    taken = [
        sale("é" * 64),
        sale("’OR 1=1 --"),
        sale("🙂"),
        sale(None, mode_paiement=None, paye=None, remise=None, client=None, date_vente=None),
        sale("  "),
        sale("F", surprise={"a": [1.5, None]}, autre="\x00"),
        lines(quantite=2.0, prix_unitaire="40000.00", note="x") | {"numero_facture": "G"},
        sale("H", date_vente="2099-01-01T00:00:00"),
    ]

    told = till.sold(taken)

    assert told["ventes_erreurs"] is None
    assert count(Sale) == len(taken)


def test_no_sale_of_another_shop_can_be_told_from_none(till):
    told = till.sold([lines(article_id=THEIRS), lines(article_id=999) | {"numero_facture": "B"}])

    sentences = [each["erreur"].replace("999", "3") for each in told["ventes_erreurs"]]
    assert sentences == ["Article 3 non trouvé"] * 2
