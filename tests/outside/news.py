"""GDELT's DOC 2.0 API: answers as it is documented to, in plain text and with status 200 to what it does not like."""

import asyncio
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.outside.schema import faults


@dataclass
class News:
    """`about` holds the articles by the phrase of the query. `troubles` are answered first: a status, or `slow`."""

    about: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    troubles: list[int | str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/api/v2/doc/doc", self.answer)])

    async def answer(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if wrong := faults("gdelt", asked):
            return PlainTextResponse(f"Your query was too short or too long. {wrong}")
        self.asked.append(asked)
        if self.troubles:
            return await _trouble(self.troubles.pop(0))
        phrase = asked["query"].split('"')[1]
        found = self.about.get(phrase, [])[: int(asked.get("maxrecords", "75"))]
        return JSONResponse({"articles": found} if found else {})


async def _trouble(kind: int | str) -> Response:
    if kind == "slow":
        await asyncio.sleep(1)
    if kind == "words":
        return PlainTextResponse("One or more of your keywords were too short.")
    if kind == "cut":
        return Response(b'{"articles": [{"url"', media_type="application/json")
    return PlainTextResponse("Please limit requests to one every 5 seconds.", int(kind) if kind != "slow" else 504)


def article(number: int, title: str = "Court convicts trader of fraud") -> dict[str, str]:
    return {
        "url": f"https://news.example/{number}",
        "url_mobile": "",
        "title": title,
        "seendate": f"202602{number % 28 + 1:02}T031500Z",
        "socialimage": "",
        "domain": "news.example",
        "language": "English",
        "sourcecountry": "Ireland",
    }
