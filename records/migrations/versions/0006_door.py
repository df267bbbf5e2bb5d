"""Links, sessions, staff, vendors' events, repeated requests."""

from records.migrations.steps import run

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run("0006_door")
