"""Clients of a large house, invented: names drawn by how common they are in the world, and not from any list.

Four in ten are called as people in the United States are (census of 1990: 88,799 family names, each as often as it
was counted), five in ten as people elsewhere (Faker's names of 24 countries, in the script of the country); one in ten
is a company, named after families, places and trades.
"""

import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import names as census
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


class _Drawn(NamedTuple):
    names: tuple[str, ...]
    sums: tuple[float, ...]

    def one(self, dice: random.Random) -> str:
        return dice.choices(self.names, cum_weights=self.sums)[0]


def clients(size: int) -> Iterator[Subject]:
    """The same ones each time."""
    dice = random.Random(20)
    given = [_census(name) for name in ("dist.male.first", "dist.female.first")]
    family = _census("dist.all.last")
    Faker.seed(20)
    elsewhere = [_people(Faker(locale)) for locale in ELSEWHERE]
    cities = [Faker("en_GB").city() for _ in range(2000)]
    for number in range(size):
        kind = Kind.PERSON
        match dice.random():
            case drawn if drawn < 0.4:
                middle = f" {dice.choice(given).one(dice)[0]}" if dice.random() < 0.2 else ""
                text = f"{dice.choice(given).one(dice)}{middle} {family.one(dice)}"
            case drawn if drawn < 0.9:
                first_names, last_names = dice.choice(elsewhere)
                text = f"{dice.choice(first_names)} {dice.choice(last_names)}"
            case _:
                kind, text = Kind.COMPANY, _company(dice, family, cities)
        yield Subject.model_construct(id=f"client_{number:07}", kind=kind, names=(text,), identifiers=())


def _people(country: Faker) -> tuple[list[str], list[str]]:
    """Given and family names of a country, as often as it has them."""
    return [country.first_name() for _ in range(4000)], [country.last_name() for _ in range(4000)]


def _company(dice: random.Random, family: _Drawn, cities: list[str]) -> str:
    first = family.one(dice) if dice.random() < 0.7 else dice.choice(cities)
    second = f" & {family.one(dice)}" if dice.random() < 0.2 else ""
    return f"{first}{second} {' '.join(dice.sample(TRADES, dice.choice((1, 1, 2))))} {dice.choice(FORMS)}".strip()


def _census(name: str) -> _Drawn:
    """Names of a table of the census, with their share of the population."""
    lines = (Path(census.__file__).parent / name).read_text().splitlines()
    rows = [(fields[0].title(), float(fields[1])) for fields in map(str.split, lines)]
    return _Drawn(tuple(name for name, _ in rows), tuple(accumulate(max(share, 0.0003) for _, share in rows)))
