"""The client's side of the door: pages under /portal, and the same as JSON under /api/v1/portal."""

from fastapi import APIRouter, Depends

from api.portal import answers, bookings, entrance, guides, handing_in, home, identity, pages, profile, signing
from api.portal.access import same_origin

_json = APIRouter(prefix="/api/v1/portal", tags=["portal"], dependencies=[Depends(same_origin)])
for room in (
    entrance.router, profile.router, handing_in.router, identity.router, signing.router, bookings.router, guides.router,
):  # fmt: skip
    _json.include_router(room)
_json.add_api_route("", home.home)
_json.include_router(answers.router)
_json.include_router(answers.own)

router = APIRouter()
router.include_router(_json)
router.include_router(pages.router)
