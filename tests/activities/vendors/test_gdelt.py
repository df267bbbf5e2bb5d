"""The news search against GDELT's API as it is documented, on a real port."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from activities.media import terms
from activities.seams import Article, NewsVendor, QueryRefused
from activities.vendors import gdelt
from activities.vendors.gdelt import Gdelt
from onboarding.errors import Invalid, Unavailable
from tests.outside.news import News, article
from tests.outside.serving import served

ASKED = terms()
_fits: type[NewsVendor] = Gdelt


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture
async def vendor(news: News) -> AsyncIterator[Gdelt]:
    async with served(news.app) as url:
        vendor = Gdelt(f"{url}/api/v2/doc/doc", pace=timedelta(0))
        yield vendor
        await vendor.close()


async def search(vendor: Gdelt, name: str = "Viktor Markov") -> list[Article]:
    return await vendor.articles(name, ASKED.terms, ASKED.days, ASKED.at_most)


async def test_articles_come_with_headline_date_and_link(vendor: Gdelt, news: News) -> None:
    news.about["Viktor Markov"] = [article(3)]

    (found,) = await search(vendor)

    assert (found.link, found.snippet) == ("https://news.example/3", "Court convicts trader of fraud")
    assert (found.seen, found.outlet) == (datetime(2026, 2, 4, 3, 15, tzinfo=UTC), "news.example")


async def test_nothing_found_is_an_empty_answer(vendor: Gdelt) -> None:
    assert await search(vendor) == []


async def test_nothing_but_the_name_leaves_the_house(vendor: Gdelt, news: News) -> None:
    await search(vendor)

    (asked,) = news.asked
    assert asked["query"].startswith('"Viktor Markov" (fraud OR ')
    assert set(asked) == {"query", "mode", "format", "sort", "timespan", "maxrecords"}


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ('Ana "Nita" O\'Brien-Şahin', "Ana Nita O'Brien-Sahin"),
        ("Виктор Марков", "Viktor Markov"),
        ('x" OR (evil)', "x OR evil"),
    ],
)
async def test_a_name_in_any_script_is_one_phrase(vendor: Gdelt, news: News, name: str, phrase: str) -> None:
    await search(vendor, name)

    assert news.asked[0]["query"].split('"')[1] == phrase


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_vendor_that_is_busy_or_broken_is_tried_again(vendor: Gdelt, news: News, status: int) -> None:
    news.troubles.append(status)

    with pytest.raises(Unavailable):
        await search(vendor)


async def test_a_vendor_that_does_not_answer_in_time_is_tried_again(vendor: Gdelt, news: News) -> None:
    news.troubles.append("slow")
    vendor._http.timeout = 0.2

    with pytest.raises(Unavailable):
        await search(vendor)


async def test_a_vendor_that_is_not_there_is_tried_again() -> None:
    vendor = Gdelt("http://127.0.0.1:9/api", pace=timedelta(0))

    with pytest.raises(Unavailable):
        await search(vendor)
    await vendor.close()


@pytest.mark.parametrize("name", ["X", "::"])
async def test_a_name_that_it_cannot_search_is_said_to_be_so(vendor: Gdelt, name: str) -> None:
    with pytest.raises(QueryRefused):
        await search(vendor, name)


async def test_half_an_answer_is_no_answer(vendor: Gdelt, news: News) -> None:
    news.troubles.append("cut")

    with pytest.raises(Invalid) as refused:
        await search(vendor)
    assert refused.value.reason == "news_unreadable"


def test_requests_keep_the_pace_that_the_vendor_asks_for() -> None:
    assert timedelta(seconds=5) <= gdelt.PACE
