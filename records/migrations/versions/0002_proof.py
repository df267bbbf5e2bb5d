"""The journal and the effects ledger."""

from records.migrations.steps import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run("0002_proof")
