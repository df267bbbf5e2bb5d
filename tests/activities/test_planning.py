"""Playbooks: what contradicts itself is refused when it is read."""

from pathlib import Path

import pytest

from activities import planning
from activities.planning import BadPlaybook
from run.house import PLAYBOOKS


def playbook(folder: Path, verify: str, watch: str) -> Path:
    """The shipped one, verified and watched by these rules."""
    text = (PLAYBOOKS / "saas.yaml").read_text("utf-8")
    text = text.replace("verify: {policy: risk-standard-eu, jurisdiction: eu}", f"verify: {verify}")
    text = text.replace("watch: {policy: risk-standard-eu, jurisdiction: eu}", f"watch: {watch}")
    (folder / "saas.yaml").write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize("name", planning.names(PLAYBOOKS))
def test_the_shipped_playbooks_watch_by_the_rules_of_their_verification(name: str) -> None:
    steps = planning.load(PLAYBOOKS, name).steps

    assert {(rules.full_name, rules.jurisdiction) for step in steps if (rules := step.verify or step.watch)} == {
        ("risk-standard-eu", "eu")
    }


def test_a_house_names_its_jurisdiction_in_both_places(tmp_path: Path) -> None:
    british = "{policy: standard, jurisdiction: uk}"

    steps = planning.load(playbook(tmp_path, british, british), "saas").steps

    assert [step.watch.full_name for step in steps if step.watch] == ["risk-standard-uk"]


@pytest.mark.parametrize(
    ("verify", "watch"),
    [
        ("{policy: standard, jurisdiction: uk}", "{policy: standard}"),
        ("{policy: risk-standard-eu, jurisdiction: uk}", "{policy: risk-standard-eu, jurisdiction: uk}"),
        ("{policy: standard}", "{policy: strict}"),
    ],
)
def test_a_client_is_not_watched_by_other_rules_than_it_was_verified_by(
    tmp_path: Path, verify: str, watch: str
) -> None:
    with pytest.raises(BadPlaybook):
        planning.load(playbook(tmp_path, verify, watch), "saas")
