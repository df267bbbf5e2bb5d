"""Vendors that are off unless a setting names one: who checks identities, who is asked what the news say, and which
registry is asked about companies."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from activities.seams import IdentityVendor, NewsVendor, RegistryVendor, Webhook
from activities.vendors.gdelt import Gdelt
from activities.vendors.gleif import Gleif
from activities.vendors.onfido import Onfido, OnfidoWebhook, address
from onboarding.settings import Settings


@dataclass(frozen=True)
class Outside:
    """None where nobody was named."""

    identity: IdentityVendor | None
    news: NewsVendor | None
    registry: RegistryVendor | None


@asynccontextmanager
async def outside(settings: Settings) -> AsyncIterator[Outside]:
    """Connected; let go of at the end."""
    async with AsyncExitStack() as stack:
        identity, news, registry = _identity(settings), _news(settings), _registry(settings)
        for vendor in (identity, news, registry):
            if vendor:
                stack.push_async_callback(vendor.close)
        yield Outside(identity, news, registry)


def webhooks(settings: Settings) -> dict[str, Webhook]:
    """Who may send webhooks, by the vendor's name; a vendor without a secret may not."""
    secret = settings.identity.webhook_secret.get_secret_value()
    return {Onfido.name: OnfidoWebhook(secret)} if settings.identity.vendor == Onfido.name and secret else {}


def _identity(settings: Settings) -> Onfido | None:
    named = settings.identity
    if named.vendor != Onfido.name:
        return None
    back = f"{settings.public_url}/portal" if settings.public_url else ""
    return Onfido(address(named.region), named.token.get_secret_value(), named.workflow, back)


def _news(settings: Settings) -> Gdelt | None:
    return Gdelt(settings.media.url) if settings.media.vendor == "gdelt" else None


def _registry(settings: Settings) -> Gleif | None:
    return Gleif(settings.registry.url) if settings.registry.vendor == "gleif" else None
