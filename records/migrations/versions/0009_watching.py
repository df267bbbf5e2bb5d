"""Watching: sources of lists, the reverse index, anomalies and holds."""

from records.migrations.steps import run

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run("0009_watching")
