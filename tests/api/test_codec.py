"""Engineers read payloads in the Temporal UI; nobody else does, and garbage hurts nothing."""

import base64

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload

from api.door import Door
from onboarding.case import Role
from tests.api.house import RING, UI, Caller, Staff
from tests.api.test_cases import refusals


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _sealed(plain: bytes = b'"taken"') -> dict[str, object]:
    payload = RING.seal(Payload(metadata={"encoding": b"json/plain"}, data=plain).SerializeToString())
    return {"metadata": {k: _b64(v) for k, v in payload.metadata.items()}, "data": _b64(payload.data)}


async def _decode(caller: Caller, *payloads: object, **headers: str) -> httpx2.Response:
    return await caller.http.post("/codec/decode", json={"payloads": list(payloads)}, headers=headers)


@pytest.fixture
async def engineer(staff: Staff) -> Caller:
    return await staff.who_is(Role.ENGINEER)


async def test_an_engineer_reads_a_payload(engineer: Caller) -> None:
    answer = await _decode(engineer, _sealed())

    [payload] = answer.json()["payloads"]
    assert payload == {"metadata": {"encoding": _b64(b"json/plain")}, "data": _b64(b'"taken"')}


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ENGINEER}))
async def test_nobody_else_does_and_it_is_journaled(staff: Staff, door: Door, role: Role) -> None:
    caller = await staff.who_is(role)

    answer = await _decode(caller, _sealed())

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert await refusals(door, caller.id) == [(None, "decode", "forbidden")]


async def test_without_a_token_nothing_is_read(staff: Staff) -> None:
    assert (await _decode(staff.nobody(), _sealed())).status_code == 401


async def test_what_is_not_ours_comes_back_as_it_came(engineer: Caller) -> None:
    changed = _sealed()
    changed["data"] = _b64(b"x" * 40)
    foreign = {"metadata": {"encoding": _b64(b"json/plain")}, "data": _b64(b"{}")}

    answer = await _decode(engineer, changed, foreign, _sealed())

    first, second, third = answer.json()["payloads"]
    assert (first, second) == (changed, foreign)
    assert third["data"] == _b64(b'"taken"')


GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(garbage=GARBAGE)
async def test_garbage_is_answered_and_never_raises(engineer: Caller, garbage: object) -> None:
    whole = await engineer.http.post("/codec/decode", json=garbage)
    inside = await _decode(engineer, garbage, {"metadata": garbage, "data": garbage})

    assert {whole.status_code, inside.status_code} <= {200, 400, 422}


async def test_nobody_seals_through_it(engineer: Caller) -> None:
    answer = await engineer.http.post("/codec/encode", json={"payloads": []})

    assert (answer.status_code, answer.json()["code"]) == (403, "encode_refused")


async def _asks(caller: Caller, origin: str, path: str = "/codec/decode") -> httpx2.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-namespace",
    }
    return await caller.http.options(path, headers=headers)


async def test_the_ui_may_ask_from_its_own_origin(engineer: Caller) -> None:
    answer = await _asks(engineer, UI)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == UI
    assert answer.headers["access-control-allow-credentials"] == "true"


async def test_a_refusal_too_can_be_read_by_the_ui(staff: Staff) -> None:
    answer = await _decode(staff.nobody(), _sealed(), Origin=UI)

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, UI)


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://127.0.0.1:8234", UI + ".evil.test"])
async def test_no_other_origin_may(engineer: Caller, origin: str) -> None:
    assert "access-control-allow-origin" not in (await _asks(engineer, origin)).headers
    assert "access-control-allow-origin" not in (await _decode(engineer, _sealed(), Origin=origin)).headers


async def test_the_ui_may_ask_for_nothing_else(engineer: Caller) -> None:
    assert "access-control-allow-origin" not in (await _asks(engineer, UI, "/api/v1/cases")).headers


async def test_an_engineer_signs_in_and_the_browser_s_cookie_opens(staff: Staff, engineer: Caller) -> None:
    browser = staff.nobody()

    page = await browser.http.get("/codec/sign-in")
    signed_in = await browser.http.post("/codec/sign-in", data={"token": engineer.token})
    answer = await _decode(browser, _sealed())

    assert "<form" in page.text
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, UI)
    assert "HttpOnly" in signed_in.headers["set-cookie"]
    assert answer.status_code == 200


async def test_others_cannot_sign_in(staff: Staff) -> None:
    browser, reviewer = staff.nobody(), await staff.who_is(Role.REVIEWER)

    answer = await browser.http.post("/codec/sign-in", data={"token": reviewer.token})

    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "staff_1.99999999999.0", "....", "é.1.x"])
async def test_a_cookie_that_is_not_ours_opens_nothing(staff: Staff, cookie: str) -> None:
    headers = {"Cookie": f"aboard_codec={cookie}".encode()}

    answer = await staff.nobody().http.post("/codec/decode", json={"payloads": []}, headers=headers)

    assert answer.status_code == 401
