"""Calls of the API: repeated under one key while it does not answer, and refused in words."""

import httpx2
import pytest

from run import caller
from run.caller import Caller, NotReached, Refused

PROBLEM = {"code": "busy", "detail": "Not now.", "status": 503}


class Api:
    """Answers each request with the next of its answers, the last one for ever; None is silence."""

    def __init__(self, *answers: httpx2.Response | None) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            raise httpx2.ConnectError("nobody listens")
        return answer

    def caller(self, token: str = "t") -> Caller:
        return Caller("http://door.test", token, httpx2.MockTransport(self))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caller, "LONGEST_PAUSE", 0.0)


async def test_a_post_is_repeated_under_its_key_until_it_is_answered() -> None:
    api = Api(None, httpx2.Response(503, json=PROBLEM), httpx2.Response(202, json={"case": "case_1"}))

    answer = await api.caller().post("/cases", {"a": 1})

    assert answer == {"case": "case_1"}
    assert len(api.requests) == 3
    assert len({request.headers["Idempotency-Key"] for request in api.requests}) == 1


async def test_a_refusal_is_not_repeated_and_carries_its_code_and_words() -> None:
    api = Api(httpx2.Response(409, json={"code": "step_not_open", "detail": "It is over."}))

    with pytest.raises(Refused) as refused:
        await api.caller().post("/cases")

    assert (refused.value.reason, refused.value.message, refused.value.answered) == (
        "step_not_open",
        "It is over.",
        409,
    )
    assert len(api.requests) == 1


async def test_a_refusal_names_the_fields_that_are_wrong() -> None:
    faults = [{"where": "body.client.country", "code": "string_pattern", "detail": "two letters"}]
    api = Api(httpx2.Response(422, json={"code": "invalid", "detail": "Parts are wrong.", "errors": faults}))

    with pytest.raises(Refused) as refused:
        await api.caller().get("/cases")

    assert refused.value.message == "client.country: two letters"


async def test_an_answer_that_is_no_problem_is_told_by_its_status() -> None:
    with pytest.raises(Refused) as refused:
        await Api(httpx2.Response(418, text="<html>")).caller().get("/cases")

    assert refused.value.message == "The server answered 418."


async def test_nobody_who_answers_is_told_as_that() -> None:
    with pytest.raises(NotReached):
        await Api(None).caller().get("/cases")


async def test_a_list_is_read_to_its_last_page() -> None:
    pages = [{"cases": [{"id": 1}, {"id": 2}], "next": "c2"}, {"cases": [{"id": 3}], "next": None}]
    api = Api(*(httpx2.Response(200, json=page) for page in pages))

    assert [row["id"] async for row in api.caller().rows("/cases", limit=2)] == [1, 2, 3]
    assert api.requests[1].url.params["cursor"] == "c2"


async def test_a_list_without_pages_is_read_at_once() -> None:
    api = Api(httpx2.Response(200, json={"tasks": [{"id": 1}]}))

    assert [row["id"] async for row in api.caller().rows("/tasks")] == [1]


async def test_an_empty_token_is_not_sent() -> None:
    api = Api(httpx2.Response(200, json={}))

    await api.caller("").get("/portal")

    assert "Authorization" not in api.requests[0].headers
