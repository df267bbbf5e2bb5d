"""Documents and forms."""

from records.migrations.steps import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run("0003_documents")
