"""Adverse media: each article is a signal for a reviewer; a search that failed holds; off means nobody was asked."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from activities.examination import Examination
from activities.media import Media, terms
from activities.vendors.gdelt import Gdelt
from onboarding.case import Band
from onboarding.deeds import Place
from onboarding.diligence import Screened
from records import evidence_files, signals
from records.signals import SignalRow
from records.tables import SignalRecord
from tests.activities.desk import STORY, Desk, a_company, a_person, identified
from tests.activities.test_screening import verifying
from tests.outside.news import News, article
from tests.outside.serving import served

NAME = "Hortensia Vexley"


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture
async def watchful(desk: Desk, news: News) -> AsyncIterator[Desk]:
    """A desk that searches the news."""
    async with served(news.app) as url:
        vendor = Gdelt(f"{url}/api/v2/doc/doc", pace=timedelta(0))
        desk.examination._media = Media(vendor)
        yield desk
        await vendor.close()


async def examine(desk: Desk, case: str, turn: int = 1) -> Screened:
    return await desk.examination.examine(Place(case=case, step="verify", story=STORY), turn, f"verify:{turn}")


async def found(desk: Desk, case: str) -> list[SignalRow]:
    async with desk.database.session() as session:
        return [row for row in await signals.signals(session, case) if row.kind == "adverse_media"]


async def test_each_article_is_a_signal_with_snippet_date_and_link(watchful: Desk, news: News) -> None:
    news.about[NAME] = [article(3), article(4)]
    case = await identified(watchful, a_person())

    screened = await examine(watchful, case)

    rows = await found(watchful, case)
    assert {row.id for row in rows} <= set(screened.signals)
    async with watchful.database.session() as session:
        shown = [await signals.evidence(session, watchful.journal.vault, row.id) for row in rows]
    assert {str(each and each["link"]) for each in shown} == {"https://news.example/3", "https://news.example/4"}
    assert shown[0]
    assert (shown[0]["snippet"], shown[0]["date"]) == ("Court convicts trader of fraud", "2026-02-04")


async def test_what_is_kept_in_the_open_does_not_name_the_article(watchful: Desk, news: News) -> None:
    news.about[NAME] = [article(3)]
    case = await identified(watchful, a_person())
    await examine(watchful, case)

    async with watchful.database.session() as session:
        (row,) = await found(watchful, case)
        kept = await session.get_one(SignalRecord, row.id)
    assert b"news.example" not in kept.evidence
    assert "news" not in kept.key


async def test_an_article_that_is_found_again_is_the_same_signal(watchful: Desk, news: News) -> None:
    news.about[NAME] = [article(3)]
    case = await identified(watchful, a_person())

    assert await examine(watchful, case) == await examine(watchful, case, turn=2)


async def test_every_party_is_looked_for_and_the_file_says_who_was(watchful: Desk, news: News) -> None:
    case = await watchful.case(a_company())

    await examine(watchful, case)

    async with watchful.database.session() as session:
        kept = await evidence_files.last(session, watchful.journal.vault, case)
    assert kept
    assert kept.content["media"] == {"person": 0, "company": 0, "owner_1": 0, "owner_2": 0}


@pytest.mark.parametrize("trouble", [429, 503, "cut"])
async def test_a_search_that_failed_holds_the_case_and_is_made_up_for(
    watchful: Desk, news: News, trouble: int | str
) -> None:
    case = await identified(watchful, a_person())
    news.troubles.append(trouble)

    held = await examine(watchful, case)
    again = await examine(watchful, case)

    assert (held.held, again.held) == ("media_search_failed", None)


async def test_a_name_that_cannot_be_searched_is_for_a_reviewer_to_judge(watchful: Desk, news: News) -> None:
    case = await identified(watchful, a_person())
    news.troubles.append("words")

    screened = await examine(watchful, case)

    assert screened.held is None
    assert [row.code for row in await found(watchful, case)] == ["media_not_searched"]


async def test_a_list_of_articles_that_was_cut_says_so(watchful: Desk, news: News) -> None:
    news.about[NAME] = [article(number) for number in range(terms().at_most + 5)]
    case = await identified(watchful, a_person())

    await examine(watchful, case)

    codes = [row.code for row in await found(watchful, case)]
    assert (codes.count("adverse_media"), codes.count("adverse_media_more")) == (terms().at_most, 1)


async def test_what_the_news_say_weighs_in_the_rating(watchful: Desk, news: News) -> None:
    news.about[NAME] = [article(3)]
    case = await identified(watchful, a_person())
    await watchful.screening.screen(verifying(case))

    rated = await watchful.screening.rate(verifying(case))

    async with watchful.database.session() as session:
        (rating,) = await signals.ratings(session, case)
    factors = {str(factor["code"]): factor["value"] for factor in rating.factors}
    assert factors["adverse_information"] == "unverified"
    assert (rated.band, rated.approvals) == (Band.LOW, 1)


async def test_switched_off_nobody_is_asked(desk: Desk) -> None:
    case = await identified(desk, a_person())

    assert await examine(desk, case) == Screened(signals=[])
    assert isinstance(desk.examination, Examination)
    async with desk.database.session() as session:
        kept = await evidence_files.last(session, desk.journal.vault, case)
    assert kept
    assert kept.content["media"] == {}
