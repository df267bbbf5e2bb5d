"""A migration is a file of SQL with a revision beside it: what runs is what one reads."""

from pathlib import Path

from alembic import op

_VERSIONS = Path(__file__).parent / "versions"


def run(name: str) -> None:
    """Runs `versions/<name>.sql`."""
    op.get_bind().exec_driver_sql((_VERSIONS / f"{name}.sql").read_text())
