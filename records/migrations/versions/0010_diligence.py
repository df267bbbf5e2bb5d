"""Diligence: claims, conditions, overrides, blocking and suspicion reports."""

from records.migrations.steps import run

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run("0010_diligence")
