"""Whether a list can be found again: each version is asked for its own entries, misspelled, before it is in force."""

import random
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kyc.lists import Entry, ListVersion
from kyc.screening.index import Index
from kyc.screening.policy import Policy
from kyc.screening.subject import Subject
from onboarding.errors import OnboardingError

SAMPLE = 500
_ENOUGH = 100  # askings, whatever the length of the list
_SHORTEST = 6  # letters of a name that still is one with a letter wrong
_SHORTEST_WORD = 4  # and of a word of it: Ri with another letter is Ra, somebody else


class PoorRecall(OnboardingError):
    """Too many entries of this version are not found again by their own names; the version before stays."""

    code = "poor_recall"
    status = 422


class Recall(NamedTuple):
    asked: int
    found: int
    lost: tuple[str, ...]  # entry ids

    @property
    def share(self) -> float:
        return self.found / self.asked if self.asked else 1.0


def recall(index: Index, entries: Sequence[Entry], policy: Policy, sample: int = SAMPLE) -> Recall:
    """Screens a sample of entries under their own name with one letter wrong: are they hits or near ones?

    Of a short list each entry is asked for several times, so that one slip does not decide. The sample and its faults
    follow from the entries alone, so the same version gives the same answer, whatever the list is called.
    """
    dice = random.Random(entries[0].id.partition(":")[2] if entries else "")  # noqa: S311 -- repeatable, no secret
    chosen = dice.sample(list(entries), min(sample, len(entries))) * max(1, _ENOUGH // max(1, len(entries)))
    lost = []
    for entry in chosen:
        subject = Subject(id="self-test", kind=entry.kind, names=(misspell(entry.name, dice),))
        screening = index.screen(subject, policy)
        if all(hit.entry != entry.id for hit in (*screening.hits, *screening.near)):
            lost.append(entry.id)
    return Recall(len(chosen), len(chosen) - len(lost), tuple(lost))


def check(version: ListVersion, policy: Policy, sample: int = SAMPLE) -> Recall:
    """The recall of a version on its own. Raises PoorRecall below the floor of the policy."""
    with tempfile.TemporaryDirectory(prefix="aboard-recall-") as folder:
        found = recall(Index.build([version], Path(folder) / "index"), version.entries, policy, sample)
    if found.share < policy.lists.lowest_recall:
        floor = f"{policy.lists.lowest_recall:.1%}"
        file = f"{version.files[0]}: " if version.files else ""
        raise PoorRecall(
            f"{file}{found.found} of {found.asked} entries are found again by their names; {floor} must be"
        )
    return found


_WORD = re.compile(rf"[^\W\d_]{{{_SHORTEST_WORD},}}")


def misspell(name: str, dice: random.Random) -> str:
    """One letter left out, doubled, changed with its neighbour or for another of the name, in a word long enough.

    A letter of another script would be no slip of anybody who writes this one.
    """
    places = [at for word in _WORD.finditer(name) for at in range(max(1, word.start()), word.end() - 1)]
    if len(name) < _SHORTEST or not places:
        return name
    at = dice.choice(places)
    match dice.randrange(4):
        case 0:
            return name[:at] + name[at + 1 :]
        case 1:
            return name[:at] + name[at] + name[at:]
        case 2:
            return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        case _:
            others = sorted({letter for letter in name if letter.isalpha()} - {name[at]}) or [name[at]]
            return name[:at] + dice.choice(others) + name[at + 1 :]
