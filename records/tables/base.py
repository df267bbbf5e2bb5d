"""What all tables share. Personal data is kept in `LargeBinary` columns only, sealed by the vault."""

from datetime import date, datetime
from typing import Annotated

from sqlalchemy import BigInteger, Date, DateTime, ForeignKey, LargeBinary, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql import func

from onboarding.case import Moment

Fact = str | int | float | bool | list[str] | None
Facts = dict[str, Fact]  # codes, ids, numbers and times; never anything about a person

Id = Annotated[str, mapped_column(String(40), primary_key=True)]
CaseId = Annotated[str, mapped_column(ForeignKey("cases.id"), index=True)]
ClientId = Annotated[str, mapped_column(ForeignKey("clients.id"), index=True)]
DatabaseTime = Annotated[datetime, mapped_column(server_default=func.clock_timestamp())]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy declares it so)
        datetime: DateTime(timezone=True),
        date: Date(),
        bytes: LargeBinary(),
        int: BigInteger(),
        Facts: JSONB(),
        dict[str, str]: JSONB(),
        list[str]: JSONB(),
        dict[str, object]: JSONB(),
        list[dict[str, object]]: JSONB(),
    }


class HasDue:
    """A due date as rule 5 wants it: what it was meant to be, what it is, and why it moved."""

    due_nominal: Mapped[datetime | None]
    due_effective: Mapped[datetime | None]
    due_reason: Mapped[str | None]

    @property
    def due(self) -> Moment | None:
        if self.due_nominal is None or self.due_effective is None:
            return None
        return Moment(nominal=self.due_nominal, effective=self.due_effective, reason=self.due_reason)

    @due.setter
    def due(self, moment: Moment | None) -> None:
        self.due_nominal = moment.nominal if moment else None
        self.due_effective = moment.effective if moment else None
        self.due_reason = moment.reason if moment else None
