"""Refreshing: sources are asked for news over real HTTP; what is broken, cut, held or silent never clears anybody."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from activities.lookback import LookBack
from activities.notices import House
from activities.refreshing import Refresher
from activities.vendors.publisher import Publisher
from activities.watchlist import Watchlist
from kyc.lists import ListSource, Store
from kyc.screening import Screening, Subject
from onboarding.clock import Clock
from onboarding.plan import Watch
from onboarding.watching import MONITORING, ListOrder, Refreshed, Watching
from records import cases, lists, watching
from tests.activities.desk import STORY, Desk, a_person, identified
from tests.activities.publisher import Published, publishing
from tests.fakes import FakeMailer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUSE = House("Meridian", "Meridian", "Aboard <onboarding@aboard.example>", "https://aboard.example")
FAMILY = ("Quibble", "Thistle", "Wexford", "Zander", "Yarrow", "Umberto", "Inkwell", "Oxbow", "Perigord", "Lackland")
GIVEN = ("Bartholomew", "Clementine", "Dorothea", "Ferdinand")
NAMES = [f"{given} {family}" for given in GIVEN for family in FAMILY]


def csv(names: list[str]) -> bytes:
    rows = [f"e{NAMES.index(name) if name in NAMES else 900},{name}" for name in names]
    return "\n".join(["id,name", *rows, ""]).encode()


@dataclass
class Lists:
    """One source on a real server, everything that holds it, and the clients of a desk."""

    desk: Desk
    published: Published
    source: ListSource
    mailer: FakeMailer = field(default_factory=FakeMailer)

    def __post_init__(self) -> None:
        desk = self.desk
        self.store = Store(desk.folder / "refreshed")
        self.refresher = Refresher(
            desk.database, self.store, [self.source], Publisher(), desk.pool, self.mailer, HOUSE
        )  # fmt: skip
        self.watchlist = Watchlist(self.store, desk.folder / "refreshed-index", desk.pool, [self.source])
        self.lookback = LookBack(desk.database, desk.journal, self.store, [self.source], desk.hashing)

    async def refresh(self, hours: float = 0) -> Refreshed:
        return await self.refresher.refresh(ListOrder(name=self.source.name, at=NOW + timedelta(hours=hours)))

    async def look_back(self) -> int:
        return (await self.lookback.look_back(ListOrder(name=self.source.name, at=NOW))).stirred

    async def screen(self, name: str, hours: float = 0) -> Screening:
        subject = Subject(id="party_1", names=(name,))
        return (await self.watchlist.screen([subject], NOW + timedelta(hours=hours)))[0]

    def mails(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mailer.sent]


@pytest.fixture
async def kept(desk: Desk, request: pytest.FixtureRequest) -> AsyncIterator[Lists]:
    async with publishing(csv(NAMES)) as published:
        name = f"own-{abs(hash(request.node.name)) % 10**9}"  # the database is shared by the tests of this file
        yield Lists(desk, published, ListSource(name=name, files=(published.url,)))


async def test_a_list_that_did_not_change_is_not_fetched_again_and_counts_as_answered(kept: Lists) -> None:
    first, second = await kept.refresh(), await kept.refresh(hours=60)

    assert (first.state, second.state) == ("in_force", "unchanged")
    assert (kept.published.asked[0], len(kept.published.asked)) == (None, 2)
    assert (await kept.screen("Dorothea Inkwell", hours=100)).outcome == "hits"  # 40 hours after the last answer


async def test_a_new_version_is_in_force_at_the_next_screening(kept: Lists) -> None:
    await kept.refresh()
    before = await kept.screen("Hortensia Vexley")
    kept.published.content = csv([*NAMES, "Hortensia Vexley"])

    refreshed = await kept.refresh(hours=1)

    assert refreshed.state == "in_force"
    assert (before.outcome, (await kept.screen("Hortensia Vexley")).outcome) == ("clear", "hits")


async def test_a_source_that_never_answered_holds_every_screening(kept: Lists) -> None:
    kept.published.status = 500

    assert await kept.refresh() == Refreshed(name=kept.source.name, state="failed", reason="answered_500")
    with pytest.raises(Exception, match="no watch list"):
        await kept.screen("Grace Tan")


async def test_a_source_that_fails_is_used_until_it_is_too_old_and_staff_hear_of_it_once(kept: Lists) -> None:
    await kept.refresh()
    kept.published.status = 503

    for hour in range(1, 5):
        await kept.refresh(hours=hour)

    assert (await kept.screen("Grace Tan", hours=5)).outcome == "clear"
    assert (await kept.screen("Grace Tan", hours=24 * 4)).not_covered == (f"list_old:{kept.source.name}",)
    assert kept.mails() == [f"The list {kept.source.name} is not as it should be"]


async def test_staff_hear_of_it_again_when_it_fails_after_it_was_well(kept: Lists) -> None:
    for hour, status in enumerate((200, 503, 503, 200, 503)):
        kept.published.status = status
        await kept.refresh(hours=hour)

    assert len(kept.mails()) == 2


@pytest.mark.parametrize("content", [b"<html>we are moving</html>", b"", b"\x00\x01\x02"])
async def test_a_broken_file_never_replaces_a_good_one(kept: Lists, content: bytes) -> None:
    await kept.refresh()
    kept.published.content = content

    broken = [await kept.refresh(hours=hour) for hour in (1, 2)]
    kept.published.content = csv(NAMES)
    mended = await kept.refresh(hours=3)

    assert [answer.state for answer in broken] == ["failed", "failed"]
    assert mended.state == "unchanged"
    assert (await kept.screen("Dorothea Inkwell")).outcome == "hits"


async def test_a_file_that_breaks_off_is_not_taken_for_a_shorter_list(kept: Lists) -> None:
    await kept.refresh()
    kept.published.content, kept.published.cut = csv([*NAMES, "Hortensia Vexley"]), True

    refreshed = await kept.refresh(hours=1)

    assert (refreshed.state, refreshed.reason) == ("failed", "publisher_unavailable")
    assert (await kept.screen("Dorothea Inkwell")).outcome == "hits"


async def test_a_version_that_loses_much_waits_for_two_different_people(kept: Lists) -> None:
    await kept.refresh()
    kept.published.content = csv(NAMES[:30])

    held = [await kept.refresh(hours=hour) for hour in (1, 2)]
    async with kept.desk.database.session() as session:
        version = (await lists.source(session, kept.source.name)).held
        assert version
        for _ in range(2):
            await lists.release(session, version, "staff_one")
    alone = await kept.refresh(hours=3)
    async with kept.desk.database.session() as session:
        await lists.release(session, version, "staff_two")
    together = await kept.refresh(hours=4)

    assert [answer.state for answer in (*held, alone)] == ["held"] * 3
    assert (together.state, kept.store.current(kept.source.name)) == ("unchanged", version)
    assert len(kept.mails()) == 1


async def watched_client(kept: Lists) -> str:
    """A client of whom Monitoring has begun."""
    case = await identified(kept.desk, a_person())
    async with kept.desk.database.session() as session:
        client = (await cases.case(session, case)).client_id
    order = Watching(
        case=case, step=MONITORING, story=STORY, client=client, watch=Watch(policy="risk-standard-eu"),
        clock=Clock(origin=STORY),
    )  # fmt: skip
    await kept.desk.lookout.next_review(order)
    return client


async def stirs(kept: Lists, client: str) -> list[str]:
    async with kept.desk.database.session() as session:
        return [each.cause for each in await watching.untold(session, timedelta(0)) if each.client_id == client]


async def test_a_version_that_is_not_kept_any_more_makes_all_of_the_list_news(kept: Lists) -> None:
    client = await watched_client(kept)
    await kept.refresh()
    async with kept.desk.database.session() as session:
        await lists.swept(session, kept.source.name, "0" * 32)  # of a folder that was lost
    kept.published.content = csv([*NAMES, "Hortensia Vexly"])
    await kept.refresh(hours=1)

    await kept.look_back()

    assert await stirs(kept, client) == ["list_changed"]


async def test_a_new_entry_is_told_to_the_clients_whom_it_concerns_and_once(kept: Lists) -> None:
    client = await watched_client(kept)
    await kept.refresh()
    nobody = await kept.look_back()
    kept.published.content = csv([*NAMES, "Hortensia Vexly"])
    await kept.refresh(hours=1)

    told = [await kept.look_back() for _ in range(2)]

    assert nobody == 0
    assert (told[0] >= 1, told[1]) == (True, 0)
    assert await stirs(kept, client) == ["list_changed"]


async def test_an_entry_that_goes_is_told_as_well(kept: Lists) -> None:
    client = await watched_client(kept)
    kept.published.content = csv([*NAMES, "Hortensia Vexley"])
    await kept.refresh()
    await kept.look_back()
    kept.published.content = csv(NAMES)
    await kept.refresh(hours=1)

    await kept.look_back()

    assert await stirs(kept, client) == ["list_changed", "list_changed"]


async def test_a_change_that_concerns_nobody_stirs_nobody(kept: Lists) -> None:
    client = await watched_client(kept)
    await kept.refresh()
    await kept.look_back()
    kept.published.content = csv([*NAMES, "Balthazar Oyelaran"])
    await kept.refresh(hours=1)

    assert (await kept.look_back(), await stirs(kept, client)) == (0, [])
