"""The house, put together: settings become parts, once. Here is what the worker and the API server share; the deeds
and their vendors, which only the worker needs, are put together in run/deeds.py."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime

from activities.contract import Party
from activities.notices import House as Writer
from activities.notices import Notices
from activities.vendors.mail import Mailer
from onboarding.messages import Signer
from onboarding.settings import Settings
from records.codec import KeyRing, converter
from records.database import Database
from records.documents import Documents
from records.effects import Effects
from records.journal import Journal
from records.links import Links
from records.masters import LocalMaster, read_secret
from records.objects import Bucket
from records.suspicions import Suspicions
from run.signing import open_journal, signing_key

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
    key_id, private = signing_key(settings.keys.door)
    return Signer(key_id, private)


def provider(settings: Settings) -> Party:
    """Us, as a party of every agreement."""
    ours = settings.company
    return Party(name=ours.name, lines=ours.lines, registration=ours.registration, contact=ours.contact)


def door_secret(settings: Settings) -> bytes:
    return read_secret(settings.keys.door_hmac)


@dataclass(frozen=True)
class House:
    """The memory, and the mails that both the story and the door send."""

    settings: Settings
    database: Database
    journal: Journal
    effects: Effects
    documents: Documents
    links: Links
    notices: Notices

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: Settings, ledger: Callable[[Database, Journal], Effects] = Effects
    ) -> AsyncIterator[Self]:
        """Connects; closes at the end. `ledger` lets a test watch the effects."""
        database = Database(settings.database.url.get_secret_value())
        journal, links = open_journal(settings), Links(door_secret(settings))
        effects = ledger(database, journal)
        s3 = s3_client(settings)
        bucket = Bucket(s3, settings.s3.bucket)
        await bucket.ensure()
        try:
            yield cls(
                settings=settings,
                database=database,
                journal=journal,
                effects=effects,
                documents=Documents(database, bucket, journal),
                links=links,
                notices=Notices(database, journal, effects, links, mailer(settings), writer(settings)),
            )
        finally:
            s3.close()
            await database.dispose()


def writer(settings: Settings) -> Writer:
    company, mail = settings.company, settings.mail
    return Writer(
        company=company.name,
        product=company.product,
        sender=mail.sender,
        public_url=settings.public_url,
        team=mail.team,
    )


def open_suspicions(settings: Settings) -> Suspicions:
    """The reports of suspicion, with the key that only they are under: workers have no access to it in production."""
    key = settings.keys.suspicions
    return Suspicions(LocalMaster(key), read_secret(key))


def s3_client(settings: Settings) -> Any:
    s3 = settings.s3
    return boto3.client(
        "s3",
        endpoint_url=s3.endpoint or None,
        region_name=s3.region,
        aws_access_key_id=s3.access_key or None,
        aws_secret_access_key=s3.secret_key.get_secret_value() or None,
    )


def mailer(settings: Settings) -> Mailer:
    mail = settings.mail
    return Mailer(mail.host, mail.port, mail.username, mail.password.get_secret_value(), mail.start_tls)
