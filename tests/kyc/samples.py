"""The invented list of docs/samples, and the real ones where they are at hand."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from kyc import lists
from kyc.lists import Entry, Kind, ListVersion, Name
from kyc.screening import Index, Screening, Subject

SAMPLES = Path(__file__).parents[2] / "docs/samples/lists"
SHARED = Path(__file__).parents[2].parent / "shared/data"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

needs_real_lists = pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not at hand")


@cache
def sample_list() -> ListVersion:
    return lists.load([SAMPLES / name for name in ("sdn.csv", "alt.csv", "add.csv")], checked=NOW)


@cache
def sample_index() -> Index:
    return Index.build([sample_list()])


def a_person(name: str = "Grace Tan", **known: object) -> Subject:
    return Subject.model_validate({"id": "party_1", "kind": "person", "names": (name,), **known})


def a_company(name: str, **known: object) -> Subject:
    return Subject.model_validate({"id": "party_2", "kind": "company", "names": (name,), **known})


def a_list(*people: Entry) -> ListVersion:
    return ListVersion("own", "own-csv", people, checked=NOW)


def a_listed(number: str, name: str, **said: object) -> Entry:
    return replace(Entry(id=f"own:{number}", kind=Kind.PERSON, names=(Name(name),)), **said)  # type: ignore[arg-type]


def entries(found: Screening) -> list[str]:
    return [hit.entry for hit in found.hits]
