"""The structure that a company declares, in the codes of its parties: `company`, `owner_1`, `entity_1` and so on."""

from collections.abc import Iterator

from kyc.ownership.structure import Structure, StructureBroken, parse
from onboarding.case import Company, Holding
from onboarding.case import Structure as Declared

SUBJECT = "company"


class PartyUnknown(StructureBroken):
    """The structure names an owner or an entity that was not declared."""

    code = "party_unknown"


def of_company(company: Company) -> Structure:
    """The declared structure. Raises StructureBroken, OverAssigned or PartyUnknown; none of them names anybody."""
    said = company.structure or Declared()
    owners = {f"owner_{place}": owner for place, owner in enumerate(company.owners, start=1)}
    kinds = dict.fromkeys(owners, "person")
    kinds |= {f"entity_{place}": entity.kind for place, entity in enumerate(said.entities, start=1)}
    if not set(_named(said)) <= {SUBJECT, *kinds}:
        raise PartyUnknown
    placed = {h.owner for h in said.holdings} | {c.controller for c in said.control} | set(said.managers)
    # a share that nobody stated is a gap, unless the structure says how this owner comes in
    direct = [[code, SUBJECT, o.share] for code, o in owners.items() if o.share is not None or code not in placed]
    return parse(
        {
            "subject": SUBJECT,
            "holdings": [*direct, *(_row(holding) for holding in said.holdings)],
            "control": [[each.controller, each.controlled, each.means] for each in said.control],
            "parties": kinds,
            "managers": said.managers,
            "together": said.together,
            "category": company.category,
        }
    )


def _row(holding: Holding) -> list[str]:
    row = [holding.owner, holding.owned, holding.share]
    return [*row, holding.interest] if holding.interest else row


def _named(said: Declared) -> Iterator[str]:
    for holding in said.holdings:
        yield from (holding.owner, holding.owned)
    for each in said.control:
        yield from (each.controller, each.controlled)
    yield from said.managers
    for group in said.together:
        yield from group
