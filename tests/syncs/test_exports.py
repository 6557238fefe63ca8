"""What others' exports send, over real HTTP: lists that end otherwise, texts in other charsets."""

import pytest

from connectors.errors import AnswerError
from sandbox.faults import Charset, Missing, NextEnds
from syncs.sources.catalogue import CATEGORIES, PRODUCTS
from tests.syncs.rows import product
from tests.syncs.running import sync_now
from tests.syncs.template.exported import resource, said


@pytest.mark.parametrize("nothing", ["", " ", False, 0, []], ids=repr)
def test_a_list_ends_with_any_word_for_no_next(b2b, nothing):
    b2b.faults.add(NextEnds(value=nothing))

    for sync, pages in ((PRODUCTS, 3), (CATEGORIES, 1)):
        done = sync_now(sync)

        assert (done["status"], done["pages"], done["errors"]) == ("succeeded", pages, 0)


def test_a_list_without_a_next_ends(b2b):
    b2b.faults.add(Missing(field="next", page=3))

    assert sync_now(PRODUCTS)["total"] == 25


@pytest.mark.parametrize("declared", ["iso-8859-1", '"ISO-8859-1"', "Latin1", "windows-1252"])
def test_a_catalogue_in_latin_1_that_says_so_is_read(b2b, declared):
    b2b.catalogue.products.edit(7, name="Crème brûlée à l'œuf")
    b2b.faults.add(Charset(charset="cp1252", declared=declared))

    assert sync_now(PRODUCTS)["status"] == "succeeded"
    assert product(7).title == "Crème brûlée à l'œuf"


@pytest.mark.parametrize(
    ("declared", "named"), [(None, "names no charset"), ("utf-8", "utf-8"), ("latin-0", "latin-0")]
)
def test_one_that_does_not_fails_with_the_charset_and_what_to_do(b2b, declared, named):
    b2b.catalogue.products.edit(7, name="Crème brûlée")
    b2b.faults.add(Charset(declared=declared))

    with pytest.raises(AnswerError, match=named) as error:
        sync_now(PRODUCTS)

    assert "have the source send UTF-8" in str(error.value)


def test_the_art_site_in_latin_1_is_read(template):
    template.gallery.paintings.edit(3, name="Été à Orsay")
    template.faults.add(Charset())

    assert sync_now(resource("paintings"))["status"] == "succeeded"
    assert said("paintings")["3"]["name"] == "Été à Orsay"
