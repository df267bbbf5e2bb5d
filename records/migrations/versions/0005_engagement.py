"""Agreements, meetings, surveys, check-ins, guidance."""

from records.migrations.steps import run

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run("0005_engagement")
