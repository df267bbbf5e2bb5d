"""What a name may have been before it was cut and transliterated: suggestions for the eye, never a repair."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import yaml

from kyc.mrz.zone import Fields, Suggestion


def suggest(fields: Fields) -> Iterator[Suggestion]:
    """One suggestion for a name that may be cut, and one for each part that may stand for other letters."""
    if fields.name_truncated:
        yield Suggestion(code="name_truncated", message="the name fills its field: it may go on after its last letter")
    letters = _restored().get(fields.issuer, {})
    for part in ("surname", "given_names") if letters else ():
        name: str = getattr(fields, part)
        meant = re.sub("|".join(letters), lambda found: letters[found[0]], name)
        if meant != name:
            message = "the zone may write these letters for others"
            yield Suggestion(code="transliteration", message=message, read=name, meant=meant, fields={part: meant})


@cache
def _restored() -> dict[str, dict[str, str]]:
    table = yaml.safe_load(files("kyc").joinpath("tables/icao9303.yaml").read_text(encoding="utf-8"))
    return {state: group["letters"] for group in table["restored"] for state in group["states"]}
