"""Who may do what: bearer tokens of staff, and the roles that an endpoint asks for. A refusal is journaled."""

from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.door import Door
from onboarding.case import Role, is_id
from onboarding.errors import Forbidden, Unauthenticated
from records import staff
from records.staff import StaffRow

_bearer = HTTPBearer(auto_error=False, scheme_name="staff", description="Token of a member of staff")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]

CASEWORK = (Role.STAFF, Role.CSM, Role.ADMIN)
REVIEW = (Role.REVIEWER, Role.SENIOR)
READING = (*CASEWORK, *REVIEW, Role.AUDITOR, Role.MLRO)
AUDIT = (Role.AUDITOR, Role.ADMIN)


async def door_of(request: Request) -> Door:  # async: a plain function would be sent through a thread
    return cast(Door, request.app.state.door)


TheDoor = Annotated[Door, Depends(door_of)]


async def signed_in(door: TheDoor, credentials: Bearer) -> StaffRow:
    if credentials is None:
        raise Unauthenticated
    return await who(door, credentials.credentials)


async def who(door: Door, token: str) -> StaffRow:
    """The member of staff whose token this is, or Unauthenticated."""
    async with door.database.glance() as session:
        return await staff.authenticate(session, token)


SignedIn = Annotated[StaffRow, Depends(signed_in)]


class Allowed:
    """A dependency: the caller, who has one of these roles. Else Forbidden, and the journal says so."""

    def __init__(self, *roles: Role) -> None:
        self._roles = frozenset(roles)

    async def __call__(self, request: Request, door: TheDoor, caller: SignedIn) -> StaffRow:
        if self._roles.isdisjoint(caller.roles):
            await note_refusal(door, request, caller.id)
            raise Forbidden
        return caller


async def note_refusal(door: Door, request: Request, actor: str, reason: str = Forbidden.code) -> None:
    case_id = str(request.path_params.get("case_id", ""))
    what = str(getattr(request.scope.get("route"), "name", "unknown"))
    async with door.database.session() as session:
        await door.journal.refused(session, actor, case_id if is_id(case_id, "case") else None, what, reason)


Caseworker = Annotated[StaffRow, Depends(Allowed(*CASEWORK))]
Reviewer = Annotated[StaffRow, Depends(Allowed(*REVIEW))]
Reader = Annotated[StaffRow, Depends(Allowed(*READING))]
Onlooker = Annotated[StaffRow, Depends(Allowed(*READING, Role.ENGINEER))]
ReviewReader = Annotated[StaffRow, Depends(Allowed(*REVIEW, Role.AUDITOR, Role.MLRO))]
DocumentReader = Annotated[StaffRow, Depends(Allowed(*REVIEW, Role.STAFF))]
Auditor = Annotated[StaffRow, Depends(Allowed(*AUDIT))]
JournalReader = Annotated[StaffRow, Depends(Allowed(*AUDIT, *REVIEW))]
LedgerReader = Annotated[StaffRow, Depends(Allowed(*CASEWORK, Role.AUDITOR, Role.ENGINEER))]
Settler = Annotated[StaffRow, Depends(Allowed(*CASEWORK, *REVIEW, Role.MLRO))]
PolicyMaker = Annotated[StaffRow, Depends(Allowed(*REVIEW, Role.ADMIN))]
PolicyReader = Annotated[StaffRow, Depends(Allowed(*REVIEW, *AUDIT))]
