"""The API server: the door, opened with the settings of this place."""

import asyncio
import logging

import uvicorn

from api.app import create_app
from api.door import Door
from api.story import Story, TemporalEngine
from onboarding.settings import Settings
from records.codec import KeyRing
from records.idempotency import Idempotency
from run.house import PLAYBOOKS, TASK_QUEUE, House, door_secret, engine, open_suspicions, provider, signer
from run.vendors import webhooks

LAST_ANSWERS = 1  # seconds that requests under way have when the server is told to stop


async def serve(settings: Settings) -> None:
    client = await engine(settings)
    async with House.open(settings) as house:
        story = Story(TemporalEngine(client, TASK_QUEUE), signer(settings), house.database, house.journal)
        app = create_app(door_of(settings, house, story))
        config = uvicorn.Config(
            app,
            host=settings.listen_host,
            port=settings.port.api,
            access_log=False,  # a link's token stands in its path
            log_level="warning",
            timeout_graceful_shutdown=LAST_ANSWERS,
        )
        await uvicorn.Server(config).serve()


def door_of(settings: Settings, house: House, story: Story) -> Door:
    secret = door_secret(settings)
    return Door(
        database=house.database,
        journal=house.journal,
        effects=house.effects,
        documents=house.documents,
        links=house.links,
        idempotency=Idempotency(house.database, secret),
        story=story,
        ring=KeyRing.load(settings.keys.codec),
        secret=secret,
        playbooks=PLAYBOOKS,
        provider=provider(settings),
        public_url=settings.public_url,
        ui_url=settings.temporal.ui_url,
        inbox_url=settings.mail.inbox_url,
        namespace=settings.temporal.namespace,
        notices=house.notices,
        webhooks=webhooks(settings),
        suspicions=open_suspicions(settings),
    )


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(Settings()))


if __name__ == "__main__":
    main()
