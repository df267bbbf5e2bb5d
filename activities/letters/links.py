"""Links in letters: a title and a web address, nothing else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from onboarding.errors import Invalid

_WEB = re.compile(r"https?://[^\s<>\"'\\\x00-\x20\x7f]+")


class BadLink(Invalid):
    """A link in a letter leads to a web page."""

    code = "bad_link"


class NotAList(Invalid):
    """A letter was given one thing where it lists several."""

    code = "bad_fact"


@dataclass(frozen=True)
class Link:
    """A titled link, in a list of facts."""

    title: str
    url: str


Item = str | Link


def checked(url: str) -> str:
    if not _WEB.fullmatch(url):
        raise BadLink
    return url


def split(item: Item) -> tuple[str, str]:
    return (item.title, checked(item.url)) if isinstance(item, Link) else (item, "")


def listed(items: Sequence[Item]) -> Sequence[Item]:
    if isinstance(items, str):
        raise NotAList
    return items
