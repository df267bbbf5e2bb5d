"""The whole client: Monitoring watches clients, so what is known in any of their cases counts for it.

A case that came to nothing is no relationship, but what was handed in and found in it is known all the same. While the
verification of a case goes on, its signals are judged there.
"""

from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from onboarding.case import Band, CaseStatus, StepState
from onboarding.deeds import Place
from onboarding.plan import Kind
from records import cases, steps
from records.cases import CaseRow

_UNFINISHED = (StepState.PENDING, StepState.OPEN)
P = TypeVar("P", bound=Place)


async def cases_of(session: AsyncSession, case_id: str) -> list[CaseRow]:
    """Every case of the client of this one, this one first."""
    own = await cases.case(session, case_id)
    return [own, *(each for each in await cases.of_client(session, own.client_id) if each.id != own.id)]


async def judged_by_monitoring(session: AsyncSession, known: list[CaseRow]) -> list[str]:
    """Those of these cases, the first of which is Monitoring's own, whose signals no verification will judge."""
    return [known[0].id, *[each.id for each in known[1:] if await _verified(session, each)]]


async def _verified(session: AsyncSession, case: CaseRow) -> bool:
    if case.status.ended:
        return True
    known = await steps.steps(session, case.id)
    return not any(step.kind == Kind.VERIFICATION and step.state in _UNFINISHED for step in known)


def came_to_nothing(case: CaseRow) -> bool:
    """No relationship came of it."""
    return case.status.ended and case.status is not CaseStatus.COMPLETED


def band_of(known: list[CaseRow]) -> Band | None:
    """The riskiest band of what the relationship consists of; None where nobody has rated."""
    return max(
        (each.band for each in known if each.band and not came_to_nothing(each)), key=lambda b: b.rank, default=None
    )


def at(order: P, case_id: str) -> P:
    """The same order, of another case of the client."""
    return order.model_copy(update={"case": case_id})
