"""The parts of a letter as plain text."""

import textwrap
from collections.abc import Callable, Sequence

from activities.letters.links import Item, checked, listed, split

WIDTH = 76


def paragraph(caller: Callable[[], str]) -> str:
    return _fill(" ".join(caller().split()))


def footnote(caller: Callable[[], str]) -> str:
    return paragraph(caller)


def button(label: str, link: str) -> str:
    return f"{label}:\n{checked(link)}"


def points(items: Sequence[Item]) -> str:
    return "\n".join(_item("- ", item) for item in listed(items))


def numbers(items: Sequence[Item]) -> str:
    return "\n".join(_item(f"{place}. ", item) for place, item in enumerate(listed(items), 1))


def _item(mark: str, item: Item) -> str:
    title, link = split(item)
    line = _fill(title, mark)
    return f"{line}:\n{' ' * len(mark)}{link}" if link else line


def _fill(text: str, mark: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )


KIT = {"paragraph": paragraph, "footnote": footnote, "button": button, "points": points, "numbers": numbers}
