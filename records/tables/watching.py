"""Where lists come from, whose names are watched for their changes, and what Monitoring has to hear of."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, DatabaseTime, Id

Hashes = ARRAY(BigInteger)


class ListSourceRecord(Base):
    """One source of the settings. `marks` are what its publisher wants to hear again (ETag, Last-Modified) by address,
    `alerted` is what staff were told of last, `swept` the version that clients were last compared with."""

    __tablename__ = "list_sources"
    name: Mapped[str] = mapped_column(primary_key=True)
    marks: Mapped[dict[str, object]] = mapped_column(server_default=text("'{}'::jsonb"))
    asked: Mapped[datetime | None]
    answered: Mapped[datetime | None]
    version: Mapped[str | None]
    held: Mapped[str | None]
    failed_since: Mapped[datetime | None]
    reason: Mapped[str | None]
    alerted: Mapped[str | None]
    swept: Mapped[str | None]


class ListReleaseRecord(Base):
    """One person's word that a version which loses much is right all the same."""

    __tablename__ = "list_releases"
    version: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[DatabaseTime]


class NameKey(Base):
    """A key of a word of names, both as keyed hashes, and how many letters of the word were left out to come to it.
    It tells nothing of whose name the word is part of."""

    __tablename__ = "name_keys"
    __table_args__ = (Index("ix_name_keys_word", "word"),)
    key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    word: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    less: Mapped[int] = mapped_column(SmallInteger)


class WatchedName(Base):
    """One way to read one name of one party of a client, in keyed hashes."""

    __tablename__ = "watched_names"
    __table_args__ = (
        Index("ix_watched_names_words", "words", postgresql_using="gin"),
        Index("ix_watched_names_wholes", "wholes", postgresql_using="gin"),
    )
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    party: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str]
    words: Mapped[list[int]] = mapped_column(Hashes)
    roles: Mapped[str]
    wholes: Mapped[list[int]] = mapped_column(Hashes)
    since: Mapped[DatabaseTime]


class StirRecord(Base):
    """Why a client's Monitoring is to look again. `told` when the message was last sent, `heard` once it was recorded
    by the workflow itself."""

    __tablename__ = "stirs"
    __table_args__ = (UniqueConstraint("client_id", "key"), Index("ix_stirs_heard_created", "heard", "created"))
    id: Mapped[Id]
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"))
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    cause: Mapped[str]
    key: Mapped[str]
    created: Mapped[DatabaseTime]
    told: Mapped[datetime | None]
    heard: Mapped[datetime | None]


class HoldRecord(Base):
    """While it is not lifted, no commercial mail goes to the client."""

    __tablename__ = "holds"
    id: Mapped[Id]
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"), index=True)
    reason: Mapped[str]
    actor: Mapped[str]
    since_story: Mapped[datetime]
    lifted_by: Mapped[str | None]
    lifted_story: Mapped[datetime | None]


class KeptMail(Base):
    """A mail that waits for the end of a hold: its order, in ids and codes."""

    __tablename__ = "kept_mails"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    notice: Mapped[dict[str, object]]
    kept: Mapped[DatabaseTime]
    sent: Mapped[datetime | None]
