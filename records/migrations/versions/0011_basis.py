"""What decisions rested on, policies in force, allowances."""

from records.migrations.steps import run

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run("0011_basis")
