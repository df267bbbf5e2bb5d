"""The door: who was let in once is not let in twice."""

from records.migrations.steps import run

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run("0008_door")
