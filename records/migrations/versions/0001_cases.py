"""Clients, their keys, their cases."""

from records.migrations.steps import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    run("0001_cases")
