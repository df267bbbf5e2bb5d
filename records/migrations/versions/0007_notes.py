"""Notes may be taken back."""

from records.migrations.steps import run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run("0007_notes")
