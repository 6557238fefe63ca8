"""What a client meets when the pages of a list do not fit together."""

import json
from urllib.parse import urlsplit

import pytest

from sandbox import b2b
from sandbox.faults import (
    CountLie,
    Drift,
    Duplicates,
    Huge,
    NextElsewhere,
    NextEndless,
    NextLoop,
    NextProxied,
)


def ids(answer):
    return [product["id"] for product in answer.json()["results"]]


@pytest.mark.parametrize(("to", "leads_to"), [(None, 2), (1, 1), (3, 3)])
def test_next_can_point_back_or_to_itself(source, ask, to, leads_to):
    source.faults.add(NextLoop(page=2, to=to))

    assert ask(2).json()["next"] == f"{source.url}/api/products/?page={leads_to}"
    assert ask(1).json()["next"].endswith("?page=2")


def test_next_can_leave_the_host(source, ask):
    source.faults.add(NextElsewhere())

    assert ask(1).json()["next"] == ("http://elsewhere.invalid/api/v1/api/products/?page=2")
    assert ask(3).json()["next"] is None


def test_next_can_be_ours_as_a_proxy_sees_it(source, ask):
    source.faults.add(NextProxied())

    link = urlsplit(ask(1).json()["next"])
    assert (link.scheme, link.hostname, link.port) == ("https", "127.0.0.1", 8443)
    assert (link.path, link.query) == ("/proxy/api/v1/api/products/", "page=2")
    assert ask(3).json()["next"] is None


def test_an_endless_list_begins_again_after_its_last_page(source, ask):
    source.faults.add(NextEndless())

    assert ask(3).json()["next"].endswith("?page=4")
    assert ids(ask(4)) == ids(ask(1))
    assert ask(1000).json()["next"].endswith("?page=1001")


def test_a_deletion_behind_the_cursor_hides_one_product_and_the_counts_agree(source, walk):
    source.faults.add(Drift(page=2, times=1))

    seen = [product["id"] for product in walk()]
    missed = set(range(1, 251)) - set(seen)
    # Product 1 was read before it was deleted; product 101 moved to the page already read.
    assert missed == {101}
    assert len(seen) == len(source.catalogue.products) == 249


def test_an_insertion_behind_the_cursor_shows_one_product_twice(source, walk):
    source.faults.add(Drift(page=2, times=1, change="insert"))

    seen = [product["id"] for product in walk()]
    assert seen.count(100) == 2
    assert 251 not in seen
    assert len(seen) == len(source.catalogue.products) == 251


def test_a_drift_under_a_filter_touches_what_the_filter_shows(source, session):
    source.faults.add(Drift(page=2, change="insert", records=2))
    before = source.catalogue.products.keys(("site_id", 2))

    url = f"{source.url}/api/products/?page=2&page_size=10&site_id=2"
    session.get(url, headers={"Authorization": "Bearer secret"}, timeout=10)

    assert set(source.catalogue.products.keys(("site_id", 2))) == {*before, 251, 252}


def test_the_first_page_does_not_drift(source, ask):
    source.faults.add(Drift())

    assert ids(ask(1))[0] == 1
    assert len(source.catalogue.products) == 250


def test_the_end_of_a_page_can_come_again_on_the_next(source, ask):
    source.faults.add(Duplicates(records=2))

    assert ids(ask(2))[:3] == [99, 100, 101]
    assert ids(ask(1))[0] == 1
    assert ask(2).json()["count"] == 250


def test_the_count_can_lie_everywhere_or_on_the_last_page(source, ask):
    source.faults.add(CountLie(offset=-3))
    assert [ask(page).json()["count"] for page in (1, 2, 3)] == [247, 247, 247]

    source.faults.clear()
    source.faults.add(CountLie(offset=7, last_only=True))
    assert [ask(page).json()["count"] for page in (1, 2, 3)] == [250, 250, 257]


def test_a_huge_page_is_json_of_the_size_ordered(source, ask):
    source.faults.add(Huge(size=5_000_000))

    answer = ask()
    assert 5_000_000 <= len(answer.content) == int(answer.headers["Content-Length"]) < 5_200_000
    assert {product["id"] for product in answer.json()["results"]} == set(range(1, 101))


def test_a_page_of_fifty_megabytes_is_served_as_a_bare_list_too(ask):
    with b2b.serve(products=100, product_shape="list") as source:
        source.faults.add(Huge())

        with ask(of=source, stream=True) as answer:
            weight = sum(len(chunk) for chunk in answer.iter_content(1 << 20))

    assert weight >= 50 * 1024 * 1024


def test_page_faults_leave_a_list_that_is_not_paged_alone(source, categories):
    honest = categories().json()
    source.faults.add(Drift(), Duplicates(), NextElsewhere(), NextProxied())

    assert json.loads(categories().content) == honest
