"""Clients of a large house, invented: names drawn by how common they are in the world, and not from any list.

Four in ten are called as people in the United States are, five in ten as people in 24 other countries, in the script of
the country (Faker's names, each as often as it is borne there); one in ten is a company, named after families, places
and trades. One family in six has a name that hardly anybody else bears, since a fifth of all words in a real register
are such: half of one family name of the country and half of another.
"""

import random
from collections.abc import Iterator

from faker import Faker

from kyc.lists import Kind
from kyc.screening import Subject

ELSEWHERE = (
    "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "sv_SE", "no_NO", "da_DK", "fi_FI", "pl_PL", "cs_CZ", "ro_RO",
    "hu_HU", "el_GR", "tr_TR", "ru_RU", "uk_UA", "en_IN", "en_GB", "ar_AA", "zh_CN", "ko_KR", "fa_IR",
)  # fmt: skip
TRADES = (
    "Trading", "Consulting", "Logistics", "Holding", "Engineering", "Services", "Foods", "Textiles", "Shipping",
    "Software", "Energy", "Construction", "Travel", "Pharma", "Investments", "Motors", "Design", "Steel",
)  # fmt: skip
FORMS = ("Ltd", "LLC", "GmbH", "SA", "Inc", "BV", "AB", "SRL", "Oy", "")
RARE = 1 / 6


def clients(size: int) -> Iterator[Subject]:
    """The same ones each time."""
    dice = random.Random(20)
    Faker.seed(20)
    given, family = _people(Faker("en_US"), 40_000)
    elsewhere = [_people(Faker(locale)) for locale in ELSEWHERE]
    cities = [Faker("en_GB").city() for _ in range(2000)]
    for number in range(size):
        kind = Kind.PERSON
        match dice.random():
            case drawn if drawn < 0.4:
                middle = f" {dice.choice(given)[0]}" if dice.random() < 0.2 else ""
                text = f"{dice.choice(given)}{middle} {_family(dice, family)}"
            case drawn if drawn < 0.9:
                first_names, last_names = dice.choice(elsewhere)
                text = f"{dice.choice(first_names)} {_family(dice, last_names)}"
            case _:
                kind, text = Kind.COMPANY, _company(dice, family, cities)
        yield Subject.model_construct(id=f"client_{number:07}", kind=kind, names=(text,), identifiers=())


def _people(country: Faker, drawn: int = 4000) -> tuple[list[str], list[str]]:
    """Given and family names of a country, as often as it has them."""
    return [country.first_name() for _ in range(drawn)], [country.last_name() for _ in range(drawn)]


def _family(dice: random.Random, names: list[str]) -> str:
    name = dice.choice(names)
    if dice.random() >= RARE:
        return name
    other = dice.choice(names)
    return name[: (len(name) + 1) // 2] + other[len(other) // 2 :]


def _company(dice: random.Random, family: list[str], cities: list[str]) -> str:
    first = _family(dice, family) if dice.random() < 0.7 else dice.choice(cities)
    second = f" & {_family(dice, family)}" if dice.random() < 0.2 else ""
    return f"{first}{second} {' '.join(dice.sample(TRADES, dice.choice((1, 1, 2))))} {dice.choice(FORMS)}".strip()
