"""The portal's pages: plain HTML that works without scripts, on the smallest phone first."""

from fastapi import APIRouter, Depends

from api.portal.access import same_origin
from api.portal.pages import entry, frame, papers, taking_part

router = APIRouter(
    prefix="/portal", route_class=frame.Page, dependencies=[Depends(same_origin)], include_in_schema=False
)
for room in (entry.router, papers.router, taking_part.router, frame.router):
    router.include_router(room)
router.add_api_route("", entry.home, methods=["GET"])
