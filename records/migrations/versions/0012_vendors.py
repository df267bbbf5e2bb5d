"""Vendors' events, identity checks, adverse media, ownership."""

from records.migrations.steps import run

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run("0012_vendors")
