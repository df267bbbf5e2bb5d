"""Recorded runs still replay: what is in flight anywhere can go on when this code is deployed."""

import base64
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from onboarding.settings import Keys, Settings
from run import worker
from tests.replay.hurried import Hurried
from tests.replay.record import HISTORIES, KEY, KEY_ID, SCENARIOS
from tests.workflows.conftest import PRIVATE
from workflows.guidance import Guidance

ADVICE = """
A run that began on older code would come to a stand on this one: the commands of the workflow above have changed.
Keep the old course for runs that are under way, and take the new one for others:

    if workflow.patched("what-changed"):
        ...  # the new course
    else:
        ...  # the old one, until no run is left that began with it

Check-ins and other steps are pinned to the version that began them, and `aboard up` replays before it takes over.
Only when no run of the old course is left anywhere: python -m tests.replay.record
"""


@pytest.fixture
def replayer(tmp_path: Path) -> Replayer:
    """As the real worker's: its converter, its gate and its sandbox, with keys that are no secret."""
    return worker.replayer(_settings(tmp_path))


def _settings(folder: Path) -> Settings:
    codec, trust = folder / "codec.json", folder / "trust.json"
    codec.write_text(json.dumps({"current": KEY_ID, "keys": {KEY_ID: base64.b64encode(KEY).decode()}}))
    public = PRIVATE.public_key().public_bytes_raw()
    trust.write_text(json.dumps({"test": base64.b64encode(public).decode()}))
    return Settings(home=folder, keys=Keys(codec=codec, door_trust=trust))


def _recorded(scenario: str) -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads(gzip.decompress((HISTORIES / f"{scenario}.json.gz").read_bytes()))
    return recorded


async def diverging(replayer: Replayer, scenario: str) -> str | None:
    """Which run of a scenario does not replay, why, and what to do; None when all do."""
    histories = [WorkflowHistory.from_json(run, recorded) for run, recorded in _recorded(scenario).items()]
    async with replayer.workflow_replay_iterator(_each(histories)) as results:
        async for result in results:
            if failure := result.replay_failure:
                return f"{scenario}: {result.history.workflow_id} does not replay: {failure}\n{ADVICE}"
    return None


async def _each(histories: list[WorkflowHistory]) -> AsyncIterator[WorkflowHistory]:
    for history in histories:
        yield history


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_recorded_case_replays_on_this_code(replayer: Replayer, scenario: str) -> None:
    assert len(_recorded(scenario)) > 1, "the case and its steps"
    assert (fault := await diverging(replayer, scenario)) is None, fault


async def test_a_changed_course_is_found_and_the_way_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = [Hurried if one is Guidance else one for one in worker.WORKFLOWS]
    monkeypatch.setattr(worker, "WORKFLOWS", changed)
    fault = await diverging(worker.replayer(_settings(tmp_path)), "completed-saas")
    assert fault is not None
    assert "workflow.patched(" in fault
    assert "guides does not replay" in fault or "explain does not replay" in fault, "the step that was changed"
