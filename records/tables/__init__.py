"""All tables, so that the metadata is whole for whoever imports one of them."""

from records.tables.base import Base, Facts
from records.tables.cases import (
    CaseRecord,
    ClientKey,
    ClientRecord,
    NoteRecord,
    RetentionClock,
    StepRecord,
    TaskRecord,
    WaitRecord,
)
from records.tables.proof import EffectRecord, JournalEntry, JournalHead, Refusal

__all__ = [
    "Base",
    "CaseRecord",
    "ClientKey",
    "ClientRecord",
    "EffectRecord",
    "Facts",
    "JournalEntry",
    "JournalHead",
    "NoteRecord",
    "Refusal",
    "RetentionClock",
    "StepRecord",
    "TaskRecord",
    "WaitRecord",
]
