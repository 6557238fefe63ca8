"""Walking by offset: on while there is more, never in circles; and one answer cut into pages."""

import pytest

from connectors.errors import PaginationError
from connectors.http import offsets
from connectors.http import pages as module
from connectors.http.pages import walk
from connectors.page import Page


class Site:
    """Answers each query with what ``told`` makes of its offset, and remembers the offsets."""

    def __init__(self, told, count=None):
        self.told, self.count, self.asked = told, count, []

    def __call__(self, query):
        self.asked.append(int(query["offset"]))
        return self.told(self.asked[-1]), self.count


def pages(site, start=None, limit=2) -> list[Page]:
    by = offsets.Offsets(limit=limit)
    return list(walk(site, start or by.first, by, read=read, path="paintings"))


def read(answer):
    payloads, count = answer
    return payloads, offsets.of_all(payloads, count)


def test_a_site_that_ignores_the_offset_is_not_asked_for_ever():
    site = Site(lambda offset: [{"id": 1}, {"id": 2}])

    with pytest.raises(PaginationError, match="third time"):
        pages(site)
    assert site.asked == [0, 2, 4]


def test_a_site_that_always_has_more_is_left_after_ten_thousand_pages(monkeypatch):
    monkeypatch.setattr(module, "MOST_PAGES", 5)
    site = Site(lambda offset: [{"id": offset}, {"id": offset + 1}])

    with pytest.raises(PaginationError, match="more than 5 pages"):
        pages(site)
    assert len(site.asked) == 5


def test_a_count_that_promises_more_than_there_is_ends_with_an_empty_page():
    site = Site(lambda offset: [{"id": offset}] if offset < 3 else [], count=9)

    assert [len(page.payloads) for page in pages(site)] == [1, 1, 1, 0]


def test_a_walk_goes_on_where_it_was():
    site = Site(lambda offset: [{"id": offset}])

    (page,) = pages(site, {"limit": "2", "offset": "4"})
    assert (site.asked, page.next_query) == ([4], None)


def test_one_answer_is_cut_into_pages():
    found = list(offsets.cut([1, 2, 3, 4, 5], 5, None, limit=2))

    assert [page.payloads for page in found] == [[1, 2], [3, 4], [5]]
    assert [page.next_query for page in found] == [
        {"offset": "2", "of": "5"}, {"offset": "4", "of": "5"}, None,
    ]  # fmt: skip
    assert {page.count for page in found} == {None}


def test_an_empty_answer_is_one_empty_page():
    (page,) = offsets.cut([], 0, None, limit=2)

    assert (page.payloads, page.next_query) == ([], None)


@pytest.mark.parametrize("length", [4, 5, 6])
def test_who_goes_on_goes_on_at_his_page_and_is_told_when_the_answer_is_another(length):
    first = next(offsets.cut([1, 2, 3, 4, 5], None, None, limit=2))
    found = list(offsets.cut(list(range(1, length + 1)), None, first.next_query, limit=2))

    assert [one for page in found for one in page.payloads] == list(range(3, length + 1))
    assert {page.count for page in found} == ({None} if length == 5 else {5})


def test_a_count_that_is_not_the_answers_is_told_on_every_page():
    assert {page.count for page in offsets.cut([1, 2, 3], 7, None, limit=2)} == {7}
