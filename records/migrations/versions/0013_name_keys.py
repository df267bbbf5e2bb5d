"""Keys of names by row, so that one join finds the words that a change of a list touches."""

from records.migrations.steps import run

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run("0013_name_keys")
