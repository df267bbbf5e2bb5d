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
from records.tables.diligence import ConditionRecord, OverrideRecord, SuspicionEntry, SuspicionRecord
from records.tables.documents import DocumentRecord, FormRecord
from records.tables.door import IdempotencyRecord, LinkRecord, SessionRecord, StaffRecord, VendorEventRecord
from records.tables.engagement import AgreementRecord, CheckInRecord, GuidanceRecord, MeetingRecord, SurveyRecord
from records.tables.proof import EffectRecord, JournalEntry, JournalHead, Refusal
from records.tables.reviews import DecisionRecord, RatingRecord, ReviewRecord, ScreeningRecord, SignalRecord, VoteRecord
from records.tables.vendors import EvidenceFileRecord, IdentityCheckRecord
from records.tables.watching import (
    HoldRecord,
    KeptMail,
    ListReleaseRecord,
    ListSourceRecord,
    NameKey,
    StirRecord,
    WatchedName,
)

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
    "ConditionRecord",
    "DecisionRecord",
    "DocumentRecord",
    "EffectRecord",
    "EvidenceFileRecord",
    "Facts",
    "FormRecord",
    "GuidanceRecord",
    "HoldRecord",
    "HouseEntry",
    "IdempotencyRecord",
    "IdentityCheckRecord",
    "InForceRecord",
    "JournalEntry",
    "JournalHead",
    "KeptMail",
    "LinkRecord",
    "ListReleaseRecord",
    "ListSourceRecord",
    "MeetingRecord",
    "NameKey",
    "NoteRecord",
    "OpeningRecord",
    "OverrideRecord",
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
    "StirRecord",
    "SurveyRecord",
    "SuspicionEntry",
    "SuspicionRecord",
    "TaskRecord",
    "VendorEventRecord",
    "VoteRecord",
    "WaitRecord",
    "WatchedName",
]
