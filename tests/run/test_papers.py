"""The papers of the sample clients."""

import json
from datetime import date

import pytest

from activities.documents import pages_of
from activities.evidence import Paper, compared
from activities.parties import parties_of, required, zone_in
from kyc import mrz
from onboarding.case import Client
from onboarding.plan import Collect
from records.handed_in import DocumentState, StoredDocument
from records.retention import Retention
from run.demo.papers import SAMPLES, Said, print_paper, wallet, zone_of

ON = date(2026, 6, 1)
BODIES = [json.loads(line) for line in (SAMPLES / "clients.jsonl").read_text(encoding="utf-8").splitlines()]
REFERENCES = [body["reference"] for body in BODIES]


def identities(reference: str) -> dict[str, Said]:
    return {item: said for item, said in wallet(reference).items() if item.startswith("identity")}


def client_of(reference: str) -> Client:
    return Client.model_validate(BODIES[REFERENCES.index(reference)]["client"])


@pytest.mark.parametrize("reference", REFERENCES)
def test_the_zone_is_read_from_the_text_of_the_paper_and_every_check_digit_is_right(reference: str) -> None:
    for said in identities(reference).values():
        lines = zone_in(pages_of(print_paper(said))[0])

        assert lines == zone_of(said)
        assert mrz.read(lines, ON).valid


@pytest.mark.parametrize("reference", REFERENCES)
def test_the_papers_agree_with_what_the_client_declares(reference: str) -> None:
    papers = [Paper(a_document(item), zone_of(said)) for item, said in identities(reference).items()]

    found = [finding for party in parties_of(client_of(reference), ON) for finding in compared(party, papers, ON)]

    assert found == []


@pytest.mark.parametrize("reference", REFERENCES)
def test_every_paper_that_a_playbook_asks_for_is_at_hand(reference: str) -> None:
    documents = {"person": ["identity"], "company": ["registration", "identity"]}
    asked = required(Collect.model_validate({"form": "profile", "documents": documents}), client_of(reference), ON)

    assert set(asked) - {"profile"} <= set(wallet(reference))


def test_what_comes_first_from_one_client_has_expired() -> None:
    spoiled = wallet("sample-near-name")["spoiled"]["identity"]

    expires = mrz.read(zone_in(pages_of(print_paper(spoiled))[0]), ON).fields.expiry_date

    assert expires is not None
    assert expires < ON


def a_document(item: str) -> StoredDocument:
    kind, _, number = item.partition(":")
    return StoredDocument.model_validate(
        {
            "id": f"doc_{item}", "case_id": "case_1", "kind": kind, "party": f"owner_{number}" if number else None,
            "state": DocumentState.ACCEPTED, "reason": None, "media_type": "application/pdf", "size": 1,
            "digest": "", "retention": Retention.KYC, "uploaded_story": "2026-06-01T09:00:00Z",
            "uploaded": "2026-06-01T09:00:00Z",
        }
    )  # fmt: skip
