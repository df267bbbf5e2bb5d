"""An ownership as plain data for JSON: shares as numbers to read, and beside each the exact fraction to rely on."""

from fractions import Fraction

from kyc.ownership.control import Step
from kyc.ownership.gaps import Gap
from kyc.ownership.owners import Owner, Ownership, Reason
from kyc.ownership.policy import Ground
from kyc.ownership.sanctioned import cascade, undecided
from kyc.ownership.words import Interest, exact

Json = dict[str, object]


def as_json(ownership: Ownership) -> Json:
    """`persons`: each one's share of the subject's capital; `beneficial_owners` with reason and paths; `gaps`;
    `others` (states, listed companies, trusts); `sanctioned` by regime where somebody was said to be blocked, its
    `subject_blocked` null where it hangs on a share that nobody knows."""
    structure = ownership.structure
    capital = ownership.shares[Interest.CAPITAL]
    persons = sorted({person for shares in ownership.shares.values() for person in shares})
    data: Json = {
        "subject": structure.subject,
        "policy": f"{ownership.policy.name}@{ownership.policy.version}",
        "policy_hash": ownership.policy.hash,
        "persons": {person: float(capital.get(person, 0)) for person in persons},
        "exact": {person: _exact_shares(ownership, person) for person in persons},
        "beneficial_owners": [_owner(owner) for owner in ownership.owners],
        "managers_only": ownership.managers_only,
        "others": [
            {"id": party, "kind": structure.kinds[party].value, **_share(share)}
            for party, share in ownership.others.items()
        ],
        "gaps": [_gap(gap) for gap in ownership.gaps],
        "notes": structure.notes,
    }
    if structure.blocked:
        data["sanctioned"] = {regime: _cascade(ownership, regime) for regime in structure.blocked}
    return data


def _exact_shares(ownership: Ownership, person: str) -> dict[str, str]:
    return {interest.value: exact(ownership.shares[interest].get(person, Fraction())) for interest in Interest}


def _share(share: Fraction) -> Json:
    return {"share": float(share), "exact": exact(share)}


def _owner(owner: Owner) -> Json:
    return {
        "id": owner.person,
        "reason": _word(owner.ground),
        **_share(owner.share),
        "interest": owner.interest.value,
        "grounds": [_reason(reason) for reason in owner.reasons],
        "paths": [{"path": list(path), **_share(share)} for path, share in owner.paths],
        "through_cycles": float(owner.through_cycles),
        "through_cycles_exact": exact(owner.through_cycles),
        "further_paths": float(owner.further_paths),
    }


def _word(ground: Ground) -> str:
    """Where ownership and control meet in a chain, the person is an owner by control."""
    meets = (Ground.CONTROLS_DIRECT_HOLDER, Ground.OWNS_CONTROLLER)
    return Ground.CONTROL.value if ground in meets else ground.value


def _reason(reason: Reason) -> Json:
    return {
        "ground": reason.ground.value,
        "article": reason.article,
        "interest": reason.interest.value if reason.interest else None,
        **_share(reason.share),
        "through": list(reason.through),
        "steps": [_step(step) for step in reason.steps],
    }


def _step(step: Step) -> Json:
    interest = step.interest.value if step.interest else None
    return {"party": step.party, "by": list(step.by), "interest": interest, "means": step.means, **_share(step.share)}


def _gap(gap: Gap) -> Json:
    interests = [interest.value for interest in gap.interests]
    return {"code": gap.code, "parties": list(gap.parties), "interests": interests, **_share(gap.share)}


def _cascade(ownership: Ownership, regime: str) -> Json:
    structure = ownership.structure
    steps = cascade(structure, regime)
    blocked = {*structure.blocked[regime], *(step.party for step in steps)}
    open_ = undecided(structure, regime)
    return {
        "subject_blocked": structure.subject in blocked or (None if structure.subject in open_ else False),
        "blocked": [_step(step) for step in steps],
        "may_be_blocked": open_,
    }
