"""Signals, screenings, ratings, reviews, decisions."""

from records.migrations.steps import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run("0004_reviews")
