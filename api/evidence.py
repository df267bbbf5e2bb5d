"""The evidence of a case: what each source says of each party, where it was read, and who owns a company by which
paths, as the last examination found it."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Reviewer, TheDoor
from api.problems import ABOUT_ONE, errors
from api.views import Id, example
from kyc.evidence import Matrix
from onboarding.errors import NotFound
from records import cases, evidence_files, openings

router = APIRouter(prefix="/cases/{case_id}", tags=["reviews"])


class NotExamined(NotFound):
    """This case was not examined yet."""

    code = "not_examined"


class Answered(BaseModel):
    """An answer of a registry as it came: cells of the matrix name it by its hash, their `place` is a path in it."""

    registry: str
    asked: dict[str, str]
    read: datetime
    sha256: str
    answer: str


class Evidence(BaseModel):
    """`matrices` by the party's code; `ownership` is there for companies: beneficial owners with reason and paths,
    gaps, each one's share."""

    model_config = example(
        {
            "round": 1,
            "at": "2026-03-05T10:02:11Z",
            "matrices": {
                "person": {
                    "columns": ["declared", "document:doc_4x8k2m9q0w3e5r7t1y6z"],
                    "rows": [
                        {
                            "field": "birth_date",
                            "cells": {
                                "declared": {
                                    "value": "1980-04-01",
                                    "verdict": "match",
                                    "provenance": {"source": "declared"},
                                },
                                "document:doc_4x8k2m9q0w3e5r7t1y6z": {
                                    "value": "1980-04-01",
                                    "verdict": "match",
                                    "provenance": {
                                        "source": "document",
                                        "document": "doc_4x8k2m9q0w3e5r7t1y6z",
                                        "page": 1,
                                        "place": "zone line 2, 14-19",
                                    },
                                },
                            },
                        }
                    ],
                    "statements": [],
                }
            },
            "ownership": None,
            "media": {"person": 0},
            "registry": {},
        }
    )

    round: int = Field(description="0 for an examination by monitoring")
    at: datetime
    matrices: dict[str, Matrix]
    ownership: dict[str, object] | None
    media: dict[str, int] = Field(
        default_factory=dict,
        description="articles found by party; who is not named here was not looked for in the news",
    )
    registry: dict[str, Answered] = Field(
        default_factory=dict,
        description="what a registry answered, by party; why it was not asked stands in the column `registry`",
    )


@router.get(
    "/evidence",
    response_model=Evidence,
    responses=errors(*ABOUT_ONE),
    summary="What each source says of each party, and the paths of ownership",
)
async def show_evidence(door: TheDoor, caller: Reviewer, case_id: Id) -> Evidence:
    async with door.database.session() as session:
        await cases.case(session, case_id)
        kept = await evidence_files.last(session, door.vault, case_id)
        if kept is None:
            raise NotExamined
        await openings.opened(session, case_id, caller.id, "evidence", [f"{case_id}:{kept.round}"])
    return Evidence.model_validate({"round": kept.round, "at": kept.at, **kept.content})
