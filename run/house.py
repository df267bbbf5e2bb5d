"""The house, put together: settings become parts, once, here. A worker and an API server share what both need."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self

import boto3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime

from activities.accounts import Accounts
from activities.agreements import Agreements
from activities.casework import Casework
from activities.check_ins import CheckIns
from activities.contract import Party
from activities.diary import Diary
from activities.documents import Intake
from activities.examination import Examination
from activities.guides import Guides
from activities.meetings import Meetings
from activities.notices import House as Writer
from activities.notices import Notices
from activities.screening import Screening
from activities.undoing import Undoing
from activities.vendors.caldav import CalendarVendor
from activities.vendors.mail import Mailer
from activities.vendors.scim import Directory
from activities.vendors.seal import Seal, SealFiles
from activities.watchlist import Watchlist
from onboarding.messages import Signer, Trust
from onboarding.settings import Settings
from records.codec import KeyRing, converter
from records.database import Database
from records.documents import Documents
from records.effects import Effects
from records.journal import Journal
from records.keys import Vault
from records.links import Links
from records.masters import LocalMaster, read_secret
from records.objects import Bucket

TASK_QUEUE = "aboard"
PLAYBOOKS = Path(__file__).resolve().parent.parent / "workflows" / "playbooks"


def load_converter(settings: Settings) -> DataConverter:
    return converter(KeyRing.load(settings.keys.codec))


async def engine(settings: Settings, runtime: Runtime | None = None) -> Client:
    """A client of Temporal that encrypts what it sends. TLS and keys come from Temporal's own environment settings."""
    connect = ClientConfig.load_client_connect_config()
    connect["target_host"] = settings.temporal.address
    connect["namespace"] = settings.temporal.namespace
    return await Client.connect(**connect, data_converter=load_converter(settings), runtime=runtime)


def signer(settings: Settings) -> Signer:
    """What the API signs messages with; workers have no access to this file in production."""
    key_id, private = _signing_key(settings.keys.door)
    return Signer(key_id, private)


def provider(settings: Settings) -> Party:
    """Us, as a party of every agreement."""
    ours = settings.company
    return Party(name=ours.name, lines=ours.lines, registration=ours.registration, contact=ours.contact)


def door_secret(settings: Settings) -> bytes:
    return read_secret(settings.keys.door_hmac)


@dataclass(frozen=True)
class House:
    """The memory and the vendors, connected."""

    settings: Settings
    database: Database
    journal: Journal
    effects: Effects
    documents: Documents
    links: Links
    directory: Directory
    calendar: CalendarVendor
    mailer: Mailer
    trust: Trust

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, effects: Callable[[Database, Journal], Effects] = Effects
    ) -> AsyncIterator[Self]:
        """Connects; closes at the end. `effects` lets a test watch the ledger."""
        database = Database(settings.database.url.get_secret_value())
        journal = open_journal(settings)
        bucket = Bucket(_s3(settings), settings.s3.bucket)
        await bucket.ensure()
        directory = Directory(settings.directory.url, settings.directory.token.get_secret_value())
        try:
            yield cls(
                settings=settings,
                database=database,
                journal=journal,
                effects=effects(database, journal),
                documents=Documents(database, bucket, journal),
                links=Links(door_secret(settings)),
                directory=directory,
                calendar=_calendar(settings),
                mailer=_mailer(settings),
                trust=Trust.from_json(settings.keys.door_trust.read_text()),
            )
        finally:
            await directory.close()
            await database.dispose()

    def deeds(self, client: Client, pool: ProcessPoolExecutor) -> list[Callable[..., Any]]:
        """Every activity, each an object's method that was given its parts."""
        memory = (self.database, self.journal)
        diary = Diary(self.database, self.journal.vault, self.effects, self.calendar)
        notices = Notices(*memory, self.effects, self.links, self.mailer, self._writer())
        kyc = self.settings.kyc
        watchlist = Watchlist(kyc.list_file, self.settings.home / "index", pool)
        seal = Seal(SealFiles.within(self.settings.seal.pki, self.settings.seal.stamps_url), pool)
        rooms = [
            Casework(*memory, PLAYBOOKS, client, TASK_QUEUE),
            Intake(*memory, self.documents),
            Screening(*memory, Examination(*memory, watchlist), kyc.policies),
            Agreements(*memory, self.effects, self.documents, seal, provider(self.settings), pool),
            Accounts(*memory, self.effects, self.directory),
            Meetings(*memory, diary),
            CheckIns(*memory, diary),
            Guides(*memory),
            notices,
            Undoing(*memory, self.effects, self.directory, diary, notices),
        ]
        return [deed for room in rooms for deed in _activities(room)]

    def _writer(self) -> Writer:
        company, mail = self.settings.company, self.settings.mail
        return Writer(
            company=company.name,
            product=company.product,
            sender=mail.sender,
            public_url=self.settings.public_url,
            team=mail.team,
        )


def sealing_pool() -> ProcessPoolExecutor:
    """Spawned, not forked: a fork beside Temporal's threads may inherit a lock that nobody will open."""
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))


def _activities(room: object) -> list[Callable[..., Any]]:
    methods = (getattr(room, name) for name in dir(type(room)) if not name.startswith("__"))
    return [method for method in methods if hasattr(method, "__temporal_activity_definition")]


def open_journal(settings: Settings) -> Journal:
    """What writes and proves journals, with our key and those before it."""
    key_id, private = _signing_key(settings.keys.journal)
    known: dict[str, str] = json.loads(settings.keys.journal_trust.read_text())
    retired = tuple(
        Ed25519PublicKey.from_public_bytes(base64.b64decode(raw)) for kid, raw in known.items() if kid != key_id
    )
    return Journal(Vault(LocalMaster(settings.keys.master)), private, retired)


def _signing_key(path: Path) -> tuple[str, Ed25519PrivateKey]:
    kept: dict[str, str] = json.loads(path.read_text())
    return kept["kid"], Ed25519PrivateKey.from_private_bytes(base64.b64decode(kept["private"]))


def _s3(settings: Settings) -> Any:
    s3 = settings.s3
    return boto3.client(
        "s3",
        endpoint_url=s3.endpoint or None,
        region_name=s3.region,
        aws_access_key_id=s3.access_key or None,
        aws_secret_access_key=s3.secret_key.get_secret_value() or None,
    )


def _calendar(settings: Settings) -> CalendarVendor:
    calendar = settings.calendar
    return CalendarVendor(calendar.url, calendar.username, calendar.password.get_secret_value())


def _mailer(settings: Settings) -> Mailer:
    mail = settings.mail
    return Mailer(mail.host, mail.port, mail.username, mail.password.get_secret_value(), mail.start_tls)
