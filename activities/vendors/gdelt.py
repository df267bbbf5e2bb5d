"""News of the last three months, searched by GDELT's DOC 2.0 API, which is free and needs no key.

https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/ describes it. It answers an empty object where it found
nothing, and plain text with status 200 where it does not like the query.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx2
from anyascii import anyascii
from pydantic import BaseModel, Field, ValidationError

from activities.seams import Article, QueryRefused
from activities.vendors.paced import Paced
from onboarding.errors import Invalid, Unavailable

ADDRESS = "https://api.gdeltproject.org/api/v2/doc/doc"
PACE = timedelta(seconds=5)  # it asks for no more than one request in five seconds
TIMEOUT = 20  # seconds; the activity's retries are behind it
_MOST = 250  # articles in one answer
_PASSING = (408, 429)


class _Found(BaseModel):
    url: str
    title: str = ""
    seendate: str
    domain: str = ""
    language: str = ""


class _Answer(BaseModel):
    articles: list[_Found] = Field(default_factory=list)


class Gdelt(Paced):
    """A NewsVendor; close it when done."""

    name = "gdelt"

    def __init__(self, url: str = ADDRESS, pace: timedelta = PACE) -> None:
        super().__init__(url, pace, httpx2.AsyncClient(timeout=TIMEOUT), "the news search does not answer")

    async def articles(self, name: str, terms: Sequence[str], days: int, at_most: int) -> list[Article]:
        asked = {
            "query": _query(name, terms),
            "mode": "artlist",
            "format": "json",
            "sort": "datedesc",
            "timespan": f"{days}d",
            "maxrecords": str(min(at_most, _MOST)),
        }
        answer = await self._get(asked)
        return [_article(found) for found in _read(answer).articles]


def _query(name: str, terms: Sequence[str]) -> str:
    """The name as a phrase with any of the terms. Articles are searched in their English translation, so a name in
    another script is put into Latin letters."""
    phrase = " ".join("".join(char if char.isalnum() or char in "-' " else " " for char in anyascii(name)).split())
    words = " OR ".join(f'"{term}"' if " " in term else term for term in terms)
    return f'"{phrase}" ({words})'


def _read(answer: httpx2.Response) -> _Answer:
    if answer.status_code >= 500 or answer.status_code in _PASSING:
        raise Unavailable(f"the news search answered {answer.status_code}")
    if answer.status_code != 200:
        raise Invalid(f"the news search answered {answer.status_code}", code="news_refused")
    if "json" not in answer.headers.get("content-type", "") and not answer.text.lstrip().startswith("{"):
        raise QueryRefused
    try:
        return _Answer.model_validate_json(answer.content)
    except ValidationError:
        raise Invalid("the news search's answer cannot be read", code="news_unreadable") from None


def _article(found: _Found) -> Article:
    try:
        seen = datetime.strptime(found.seendate, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid("the news search's answer cannot be read", code="news_unreadable") from None
    title = " ".join(found.title.split())
    return Article(found.url, title, title, seen, found.domain, found.language)
