"""The papers of the sample clients, printed: identity documents with a correct machine-readable zone, and others."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from activities.typesetting import typeset
from kyc import mrz

SAMPLES = Path(__file__).resolve().parents[2] / "docs" / "samples"
_TEMPLATE = Path(__file__).with_name("paper.typ")
_PRINTED = datetime(2026, 1, 5, tzinfo=UTC)
_TITLES = {"electricity": "Nordlicht Power, statement of account", "register": "Extract from the company register"}
_LABELS = {"electricity": ("Customer", "Address of supply"), "register": ("Company", "Number and seat")}

Said = dict[str, Any]  # one paper, as docs/samples/papers.yaml has it


def wallet(reference: str) -> dict[str, Said]:
    """What the sample client of this reference has at hand, by item; `spoiled` holds what is refused first."""
    papers: dict[str, dict[str, Said]] = yaml.safe_load((SAMPLES / "papers.yaml").read_text(encoding="utf-8"))
    return papers[reference]


def print_paper(said: Said) -> bytes:
    """A PDF whose text layer holds what it says."""
    content = _identity(said) if "format" in said else _statement(said)
    return typeset(_TEMPLATE, content, _PRINTED, "a-2b", {}).pdf


def zone_of(said: Said) -> list[str]:
    return mrz.write(
        said["format"],
        surname=said["surname"],
        given_names=said["given_names"],
        number=said["number"],
        birth_date=said["born"],
        expiry_date=said["expires"],
        issuer=said["issuer"],
        sex=said["sex"],
    )


def _identity(said: Said) -> dict[str, Any]:
    title = "Passport" if said["format"] == "TD3" else "Identity card"
    rows = [
        ["Surname", said["surname"]],
        ["Given names", said["given_names"]],
        ["Number", said["number"]],
        ["Issued by", said["issuer"]],
        ["Date of birth", _day(said["born"])],
        ["Date of expiry", _day(said["expires"])],
    ]
    return {"title": title, "rows": rows, "zone": zone_of(said)}


def _statement(said: Said) -> dict[str, Any]:
    first, second = _LABELS[said["of"]]
    rows = [[first, said["name"]], [second, ", ".join(said["lines"])]]
    return {"title": _TITLES[said["of"]], "rows": rows, "zone": []}


def _day(day: date) -> str:
    return f"{day:%d %b %Y}"
