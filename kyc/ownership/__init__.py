"""Who owns and controls a company in the end, and whether sanctions on its owners reach it."""

from kyc.ownership.declared import PartyUnknown, of_company
from kyc.ownership.gaps import Gap
from kyc.ownership.owners import Owner, Ownership, Reason, beneficial_owners
from kyc.ownership.policy import Ground, OwnershipPolicyUnknown
from kyc.ownership.policy import policy as policy_named
from kyc.ownership.report import as_json
from kyc.ownership.sanctioned import cascade, undecided
from kyc.ownership.structure import OverAssigned, Structure, StructureBroken, parse
from kyc.ownership.words import Interest, Kind, ShareBroken

__all__ = [
    "Gap", "Ground", "Interest", "Kind", "OverAssigned", "Owner", "Ownership", "OwnershipPolicyUnknown",
    "PartyUnknown", "Reason", "ShareBroken", "Structure", "StructureBroken", "as_json",
    "beneficial_owners", "cascade", "of_company", "parse", "policy_named", "undecided",
]  # fmt: skip
