"""Why a signal is cleared or confirmed: fixed codes for each kind of signal, so that they can be counted.

A code is published with what it means; a new one is added here and never renamed.
"""

from typing import Literal, NamedTuple

from onboarding.errors import Invalid

Verdict = Literal["cleared", "confirmed"]


class Reasons(NamedTuple):
    """Code → what it means, by verdict."""

    cleared: dict[str, str]
    confirmed: dict[str, str]


class ReasonNotForSignal(Invalid):
    """This reason is not one of those for this kind of signal and this verdict; `GET /reasons` lists them."""

    code = "reason_not_for_signal"


_OTHER_PERSON = {
    "name_differs": "the names are not those of the same person or company",
    "birth_date_differs": "born on another day, or founded in another year",
    "country_differs": "another nationality, residence or seat",
    "gender_differs": "another gender",
    "identifier_differs": "another document, registration or tax number",
    "other_person": "somebody else, by several things taken together",
    "no_longer_listed": "the entry has been taken off the list",
}
_SAME_PERSON = {
    "same_person": "the party is who the entry speaks of",
    "identifier_agrees": "the same document, registration or tax number",
    "cannot_be_told_apart": "nothing speaks against it, and nothing more can be learned",
}
_PAPERS = Reasons(
    cleared={
        "spelling_variant": "the same name, spelled or transliterated in another way",
        "typing_error": "a slip of whoever filled in the form",
        "name_changed": "another name by marriage or deed, and the paper for it was seen",
        "seen_by_eye": "a person has read what the machine could not",
        "newer_document_seen": "another document that is in order was seen",
        "explained_by_client": "the client explained it, and the explanation holds",
    },
    confirmed={
        "contradicts_document": "what was declared is not what the document says",
        "document_not_valid": "the document has expired, or its check digits do not fit",
        "document_doubtful": "the document may have been changed",
        "not_explained": "nobody could explain it",
    },
)
_BY_KIND: dict[str, Reasons] = {
    "evidence": _PAPERS,
    "identity_check": _PAPERS,
    "list_hit": Reasons(_OTHER_PERSON, _SAME_PERSON),
    "pep_hit": Reasons(
        {**_OTHER_PERSON, "office_ended": "out of office for longer than the policy asks"},
        {**_SAME_PERSON, "family_or_associate": "a relative or a close associate of the office holder"},
    ),
    "other_hit": Reasons({**_OTHER_PERSON, "not_relevant": "the entry is of no weight for this client"}, _SAME_PERSON),
    "registry": Reasons(
        {
            "renewed": "the registration has been renewed, or a newer extract was seen",
            "other_company": "the record is that of another company",
            "explained_by_client": "the client explained it, and the explanation holds",
        },
        {
            "not_registered": "the company is not registered, or no longer",
            "registration_neglected": "the registration is not kept up, and nobody could say why",
        },
    ),
    "adverse_media": Reasons(
        {
            "other_person": "the article is about somebody else",
            "not_relevant": "about the client, and of no weight",
            "not_credible": "the source is not to be trusted",
            "acquitted": "the matter ended in the client's favour",
        },
        {"credible_report": "a credible report about the client", "conviction": "the client was convicted"},
    ),
    "ownership": Reasons(
        {
            "gap_explained": "who holds the rest is known now, or holds too little to matter",
            "documented": "a register or a deed shows it",
            "exempt": "listed, a state, or otherwise exempt",
        },
        {"gap_remains": "who is behind it cannot be told", "structure_opaque": "the structure serves no visible end"},
    ),
    "sanctioned_ownership": Reasons(
        {**_OTHER_PERSON, "share_below_threshold": "the holding is smaller, and there is no control"},
        {"owned_or_controlled": "owned or controlled by somebody who is listed"},
    ),
    "anomaly": Reasons(
        {
            "expected_use": "it fits what the client does",
            "explained_by_client": "the client explained it, and the explanation holds",
            "technical": "a fault of a system, not an act of the client",
        },
        {"unexplained": "nobody could explain it", "account_taken_over": "somebody else acts in the client's name"},
    ),
    "condition": Reasons(
        {"met_late": "it is met now", "extended": "more time was given", "waived": "it is not needed any more"},
        {"not_met": "it is not met"},
    ),
}
_GENERAL = Reasons(
    {"explained": "it is explained, and the explanation holds", "not_relevant": "it is of no weight"},
    {"unexplained": "nobody could explain it", "relevant": "it is as it was found"},
)


def reasons_for(kind: str) -> Reasons:
    """The reasons for a kind of signal; a general set where there is none of its own."""
    return _BY_KIND.get(kind, _GENERAL)


def all_reasons() -> dict[str, Reasons]:
    """Every kind that has a set of its own, and `general` for the others."""
    return {**_BY_KIND, "general": _GENERAL}


def check_reason(kind: str, verdict: Verdict, reason: str) -> None:
    """Raises ReasonNotForSignal for a code that is not in the set."""
    if reason not in getattr(reasons_for(kind), verdict):
        raise ReasonNotForSignal
