"""A decision scored again from what it rested on: the same, different and how, or impossible and why.

Lists are those versions that were in force then, policies those of that day by their hash, the moment that one. Only
the engine is today's; where it is another one than then, the answer says so.
"""

import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from activities.basis import engine
from kyc import rating, risk_policy
from kyc.lists import NoVersion, Store
from kyc.rating import RiskFacts
from kyc.screening import Index, NoIndex, Policy
from kyc.screening.replay import Difference, Past, again
from onboarding.errors import NotFound, OnboardingError
from records import basis, policies
from records.basis import LastScreening, RatingBasis
from records.keys import Erased, Vault
from records.sealing import Content


class NothingScreened(OnboardingError):
    """No party was screened before this decision: there is nothing to score again."""

    code = "nothing_screened"


@dataclass(frozen=True)
class Replayed:
    """`why` is a reason code where it was impossible, `missing` what was lacking, by id."""

    decision: str
    state: Literal["same", "different", "impossible"]
    engine_changed: bool = False
    screenings: int = 0
    ratings: int = 0
    differences: list[Difference] = field(default_factory=list)
    why: str | None = None
    missing: str | None = None


@dataclass(frozen=True)
class Lists:
    """Where versions and indexes are kept. With `full` an index is built again, whatever is kept."""

    store: Store
    indexes: Path
    full: bool = False

    def index(self, versions: Mapping[str, str], scratch: Path) -> Index:
        """The index of these versions (source → version): a kept one, else built from the store. Raises NoVersion."""
        kept = None if self.full else self._kept(set(versions.values()))
        return kept or Index.build([self.store.open(version) for version in sorted(versions.values())], scratch)

    def _kept(self, wanted: set[str]) -> Index | None:
        for file in sorted(self.indexes.glob("*/index.json")):
            try:
                index = Index.open(file.parent)
            except NoIndex:
                continue
            if {version["id"] for version in index.versions} == wanted:
                return index
        return None


async def replay(session: AsyncSession, vault: Vault, decision_id: str, lists: Lists) -> Replayed:
    """Scores the screenings and ratings of a decision again. NotFound (`basis_not_found`) where there is no such."""
    row = await basis.basis(session, decision_id)
    try:
        content, _ = await basis.content(session, vault, decision_id)
        screened, rated = screenings_of(content), ratings_of(content)
        if not screened:
            raise NothingScreened
        found = await _screen_again(session, screened, lists)
        found += [each for one in rated for each in await _rate_again(session, one)]
    except Erased as error:
        return Replayed(decision_id, "impossible", why=error.reason, missing=row.case_id)
    except (NoVersion, NotFound, NothingScreened) as error:
        return Replayed(decision_id, "impossible", why=error.reason, missing=error.message)
    return Replayed(
        decision=decision_id, state="different" if found else "same", engine_changed=row.engine != engine(),
        screenings=len(screened), ratings=len(rated), differences=found,
    )  # fmt: skip


def screenings_of(content: Content) -> list[Past]:
    """The screenings of a basis that were made; one that could not be begun is not among them."""
    rows = content["screenings"]
    assert isinstance(rows, list)
    kept = [LastScreening.model_validate(row) for row in rows]
    return [Past.model_validate(row.evidence) for row in kept if row.evidence]


def ratings_of(content: Content) -> list[RatingBasis]:
    rows = content["ratings"]
    assert isinstance(rows, list)
    return [RatingBasis.model_validate(row) for row in rows]


async def _screen_again(session: AsyncSession, screened: list[Past], lists: Lists) -> list[Difference]:
    found: list[Difference] = []
    for hash_ in sorted({past.screening.policy for past in screened}):
        policy = Policy.parse((await policies.policy(session, hash_)).content)
        mine = [past for past in screened if past.screening.policy == hash_]
        found += await asyncio.to_thread(_screened, mine, policy, lists)
    return found


def _screened(pasts: list[Past], policy: Policy, lists: Lists) -> list[Difference]:
    """Parties that were screened against the same versions share an index."""
    found: list[Difference] = []
    for versions in sorted({json.dumps(_versions(past), sort_keys=True) for past in pasts}):
        with tempfile.TemporaryDirectory(prefix="aboard-replay-") as scratch:
            index = lists.index(json.loads(versions), Path(scratch) / "index")
            mine = [past for past in pasts if json.dumps(_versions(past), sort_keys=True) == versions]
            found += [each for past in mine for each in again(index, past, policy)]
    return found


def _versions(past: Past) -> dict[str, str]:
    return {used.source: used.version for used in past.screening.lists}


async def _rate_again(session: AsyncSession, kept: RatingBasis) -> list[Difference]:
    policy = risk_policy.unpack((await policies.policy(session, kept.policy)).content)
    found = rating.rate(RiskFacts.model_validate(kept.facts), policy)
    told = (("band", kept.band, found.band.value), ("points", f"{kept.points:g}", f"{found.points:g}"))
    return [Difference(kept.rating_id, what, was, is_) for what, was, is_ in told if was != is_]
