"""A client is rated again by its Monitoring: a rating is known by the occasion, not by the round of a review."""

from records.migrations.steps import run

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    run("0015_ratings")
