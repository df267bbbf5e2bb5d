"""A new link in one tap: mailed to the address that the old one went to, once an hour at most."""

from datetime import UTC, datetime

from api.door import Door
from onboarding.case import CaseStatus
from onboarding.deeds import Notice
from onboarding.errors import Unavailable
from records import cases
from records.cases import CaseRow
from records.links import LinkRow, Purpose

_ABOUT = {Purpose.SIGN: "agreement", Purpose.BOOK: "meeting"}
_PURPOSES = {Purpose.PORTAL: "portal", Purpose.SIGN: "sign", Purpose.BOOK: "book"}


def can_renew(door: Door, link: LinkRow, case: CaseRow) -> bool:
    """A survey's link lasts as long as its survey, so there is nothing to renew; nor where the case came to nothing:
    only who completed it has something left to read."""
    over = case.status.ended and case.status is not CaseStatus.COMPLETED
    return door.notices is not None and link.purpose in _PURPOSES and not over


async def renew(door: Door, link: LinkRow) -> None:
    """Sends the letter `link`. A tap too many in the same hour sends nothing more. Unavailable where none is sent."""
    async with door.database.session() as session:
        case = await cases.case(session, link.case_id)
    if door.notices is None or not can_renew(door, link, case):
        raise Unavailable
    now = datetime.now(UTC)
    about = {_ABOUT[link.purpose]: link.subject} if link.purpose in _ABOUT and link.subject else {}
    order = Notice.model_validate(
        {
            "case": case.id, "step": "onboarding", "story": case.clock.story(now), "letter": "link",
            "key": f"portal:link:{link.id}:{now:%Y%m%d%H}", "link": _PURPOSES[link.purpose], "about": about,
        }
    )  # fmt: skip
    await door.notices.send(order)
