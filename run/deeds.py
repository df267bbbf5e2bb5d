"""The deeds, put together: every activity is a method of an object that was given its vendors and its memory."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing import get_context
from typing import Any

from temporalio.client import Client

from activities.accounts import Accounts
from activities.agreements import Agreements
from activities.casework import Casework
from activities.check_ins import CheckIns
from activities.contact import Contact
from activities.diary import Diary
from activities.documents import Intake
from activities.examination import Examination
from activities.forgetting import Forgetting
from activities.guides import Guides
from activities.identity import Identity
from activities.lookback import LookBack
from activities.media import Media
from activities.meetings import Meetings
from activities.refreshing import Refresher
from activities.registry import Registry
from activities.reviewing import Reviews
from activities.screening import Screening
from activities.trials import Trials
from activities.undoing import Undoing
from activities.vendors.caldav import CalendarVendor
from activities.vendors.publisher import Publisher
from activities.vendors.scim import Directory
from activities.vendors.seal import Seal, SealFiles
from activities.watching import Lookout
from activities.watchlist import Watchlist
from kyc.lists import Store
from onboarding.settings import Settings
from run.house import PLAYBOOKS, TASK_QUEUE, House, mailer, provider, writer
from run.lists import hashing, sources_of
from run.vendors import Outside, outside

Deed = Callable[..., Any]


@asynccontextmanager
async def connected(house: House, client: Client, pool: ProcessPoolExecutor) -> AsyncIterator[list[Deed]]:
    """Every activity, with its vendors connected; they are let go of at the end."""
    directory = _directory(house.settings)
    try:
        async with outside(house.settings) as vendors:
            yield _deeds(house, client, pool, directory, vendors)
    finally:
        await directory.close()


def sealing_pool() -> ProcessPoolExecutor:
    """Spawned, not forked: a fork beside Temporal's threads may inherit a lock that nobody will open."""
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))


def _deeds(
    house: House, client: Client, pool: ProcessPoolExecutor, directory: Directory, vendors: Outside
) -> list[Deed]:
    settings, memory = house.settings, (house.database, house.journal)
    diary = Diary(house.database, house.journal.vault, house.effects, _calendar(settings))
    store, sources = Store(settings.kyc.lists), sources_of(settings)
    watchlist = Watchlist(store, settings.home / "index", pool, sources)
    seal = Seal(SealFiles.within(settings.seal.pki, settings.seal.stamps_url), pool)
    examination = Examination(*memory, watchlist, Media(vendors.news), Registry(vendors.registry))
    identity = Identity(*memory, house.effects, vendors.identity)
    rooms = [
        Casework(*memory, PLAYBOOKS, client, TASK_QUEUE),
        Intake(*memory, house.documents),
        identity,
        Screening(*memory, examination, identity, settings.kyc.policies),
        Lookout(*memory, examination, watchlist, hashing(settings), settings.kyc.policies, identity),
        Contact(*memory, house.notices),
        Refresher(house.database, store, sources, Publisher(), pool, mailer(settings), writer(settings)),
        LookBack(*memory, store, sources, hashing(settings)),
        Reviews(*memory, settings.kyc.policies),
        Trials(*memory, watchlist, settings.kyc.policies),
        Agreements(*memory, house.effects, house.documents, seal, provider(settings), pool),
        Accounts(*memory, house.effects, directory),
        Meetings(*memory, diary),
        CheckIns(*memory, diary),
        Guides(*memory),
        house.notices,
        Forgetting(*memory, vendors.identity),
        Undoing(*memory, house.effects, directory, diary, house.notices, vendors.identity),
    ]
    return [deed for room in rooms for deed in _activities(room)]


def _activities(room: object) -> list[Deed]:
    methods = (getattr(room, name) for name in dir(type(room)) if not name.startswith("__"))
    return [method for method in methods if hasattr(method, "__temporal_activity_definition")]


def _directory(settings: Settings) -> Directory:
    return Directory(settings.directory.url, settings.directory.token.get_secret_value())


def _calendar(settings: Settings) -> CalendarVendor:
    calendar = settings.calendar
    return CalendarVendor(calendar.url, calendar.username, calendar.password.get_secret_value())
