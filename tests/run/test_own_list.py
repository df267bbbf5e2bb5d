"""The list that the demo changes: what must hold for it to be held, let in, and played again in the same house."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
import yaml

from kyc.lists import ListVersion, diff, load
from kyc.screening import Policy
from kyc.screening.quality import check
from run.demo import own_list

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
Version = Literal["first", "second"]


def laid_out(home: Path, version: Version, run: str = "a") -> ListVersion:
    """As a worker finds it, by the sources that are named."""
    (home / "lists").mkdir(exist_ok=True)
    own_list.lay_out(home, version, run)
    [source] = yaml.safe_load(own_list.sources(home))["lists"]
    return load([Path(file) for file in source["files"]], None, NOON)


def test_the_second_version_waits_for_two_people_and_names_somebody_new(tmp_path: Path) -> None:
    change = diff(laid_out(tmp_path, "first"), laid_out(tmp_path, "second"))

    assert change.needs_release
    assert change.added == (own_list.NEWCOMER,)


def test_the_next_demo_in_the_same_house_goes_back_to_the_first_by_itself_and_is_held_anew(tmp_path: Path) -> None:
    second = laid_out(tmp_path, "second", "a")

    assert not diff(second, laid_out(tmp_path, "first")).needs_release
    assert laid_out(tmp_path, "second", "b").id != second.id


@pytest.mark.parametrize("version", ["first", "second"])
def test_every_entry_is_found_again_with_a_letter_wrong(version: Version, tmp_path: Path) -> None:
    assert check(laid_out(tmp_path, version), Policy.read()).share == 1
