"""All tables, so that the metadata is whole for whoever imports one of them."""

from records.tables.base import Base, Facts
from records.tables.basis import (
    AllowanceRecord,
    ApprovalRecord,
    BackTestRecord,
    BasisRecord,
    HouseEntry,
    InForceRecord,
    OpeningRecord,
    PolicyRecord,
    RatingBasisRecord,
    SampleRecord,
)
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
from records.tables.documents import DocumentRecord, FormRecord
from records.tables.door import IdempotencyRecord, LinkRecord, SessionRecord, StaffRecord, VendorEventRecord
from records.tables.engagement import AgreementRecord, CheckInRecord, GuidanceRecord, MeetingRecord, SurveyRecord
from records.tables.proof import EffectRecord, JournalEntry, JournalHead, Refusal
from records.tables.reviews import DecisionRecord, RatingRecord, ReviewRecord, ScreeningRecord, SignalRecord, VoteRecord

__all__ = [
    "AgreementRecord",
    "AllowanceRecord",
    "ApprovalRecord",
    "BackTestRecord",
    "Base",
    "BasisRecord",
    "CaseRecord",
    "CheckInRecord",
    "ClientKey",
    "ClientRecord",
    "DecisionRecord",
    "DocumentRecord",
    "EffectRecord",
    "Facts",
    "FormRecord",
    "GuidanceRecord",
    "HouseEntry",
    "IdempotencyRecord",
    "InForceRecord",
    "JournalEntry",
    "JournalHead",
    "LinkRecord",
    "MeetingRecord",
    "NoteRecord",
    "OpeningRecord",
    "PolicyRecord",
    "RatingBasisRecord",
    "RatingRecord",
    "Refusal",
    "RetentionClock",
    "ReviewRecord",
    "SampleRecord",
    "ScreeningRecord",
    "SessionRecord",
    "SignalRecord",
    "StaffRecord",
    "StepRecord",
    "SurveyRecord",
    "TaskRecord",
    "VendorEventRecord",
    "VoteRecord",
    "WaitRecord",
]
