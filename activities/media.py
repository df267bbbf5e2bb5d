"""Adverse media: what the news say of a party together with words such as fraud; each article is a signal.

Nothing is decided here, and silence is not taken for good news: a search that failed holds the examination.
"""

import hmac
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files

import yaml
from pydantic import Field

from activities.evidence import MEDIA, Found
from activities.parties import Party
from activities.seams import Article, NewsVendor, QueryRefused
from onboarding.case import Strict
from onboarding.errors import OnboardingError

FAILED = "media_search_failed"
log = logging.getLogger(__name__)


class Terms(Strict):
    """What is searched for; kyc/tables/adverse_media.yaml."""

    version: str
    days: int = Field(ge=1)
    at_most: int = Field(ge=1)
    terms: list[str] = Field(min_length=1)


@dataclass
class Press:
    """What a search came to: findings, by party how many articles there were, and why it is not whole."""

    found: list[Found] = field(default_factory=list)
    searched: dict[str, int] = field(default_factory=dict)
    held: str | None = None


class Media:
    """`vendor` is None where adverse media are not searched."""

    def __init__(self, vendor: NewsVendor | None) -> None:
        self._vendor = vendor

    async def search(self, parties: Sequence[Party], key: bytes) -> Press:
        """Every party's name in the news. `key` names articles without telling which they are."""
        press = Press()
        for party in parties if self._vendor else ():
            try:
                articles = await self._articles(party)
            except QueryRefused:
                press.found.append(Found(f"{party.code}:media:refused", party.code, MEDIA, "media_not_searched", {}))
            except OnboardingError as error:
                log.warning("a search in the news failed: %s", error.reason)
                press.held = FAILED
                return press
            else:
                press.searched[party.code] = len(articles)
                press.found += _findings(party, articles, key)
        return press

    async def _articles(self, party: Party) -> list[Article]:
        assert self._vendor
        asked = terms()
        return await self._vendor.articles(party.subject().names[0], asked.terms, asked.days, asked.at_most)


@cache
def terms() -> Terms:
    return Terms.model_validate(yaml.safe_load(files("kyc").joinpath("tables/adverse_media.yaml").read_text("utf-8")))


def _findings(party: Party, articles: Sequence[Article], key: bytes) -> Iterator[Found]:
    """One for each article, and one where the list was cut: what nobody saw must not count as clear."""
    for article in articles:
        name = hmac.new(key, article.link.encode(), sha256).hexdigest()[:32]
        yield Found(f"{party.code}:media:{name}", party.code, MEDIA, MEDIA, _shown(article))
    if len(articles) >= terms().at_most:
        newest = articles[0].seen.date().isoformat()
        shown: dict[str, object] = {"shown": len(articles), "newest": newest}
        yield Found(f"{party.code}:media:more:{newest}", party.code, MEDIA, "adverse_media_more", shown)


def _shown(article: Article) -> dict[str, object]:
    return {
        "title": article.title,
        "snippet": article.snippet,
        "date": article.seen.date().isoformat(),
        "link": article.link,
        "outlet": article.outlet,
        "language": article.language,
    }
