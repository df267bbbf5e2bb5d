"""An identity check is found by the vendor's id of it."""

from records.migrations.steps import run

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run("0014_identity")
