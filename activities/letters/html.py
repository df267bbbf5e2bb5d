"""The parts of a letter as MJML."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from activities.letters.links import Item, checked, listed, split


def paragraph(caller: Callable[[], Markup]) -> Markup:
    return Markup("<mj-text>{}</mj-text>").format(caller())


def footnote(caller: Callable[[], Markup]) -> Markup:
    return Markup('<mj-text font-size="13px" color="#51606b" padding-top="24px">{}</mj-text>').format(caller())


def button(label: str, link: str) -> Markup:
    return Markup('<mj-button href="{}">{}</mj-button>').format(checked(link), label)


def points(items: Sequence[Item]) -> Markup:
    return Markup('<mj-text><ul style="margin:0;padding-left:24px">{}</ul></mj-text>').format(_items(items))


def numbers(items: Sequence[Item]) -> Markup:
    return Markup('<mj-text><ol style="margin:0;padding-left:24px">{}</ol></mj-text>').format(_items(items))


def _items(items: Sequence[Item]) -> Markup:
    return Markup("").join(_item(item) for item in listed(items))


def _item(item: Item) -> Markup:
    title, link = split(item)
    if not link:
        return Markup("<li>{}</li>").format(title)
    return Markup('<li><a href="{}">{}</a></li>').format(link, title)


KIT = {"paragraph": paragraph, "footnote": footnote, "button": button, "points": points, "numbers": numbers}
