"""What the README shows of the code is what the code is."""

import pytest

from docs import diagrams, settings


@pytest.mark.parametrize("name", diagrams.sources())
def test_a_picture_shows_what_the_code_says(name: str) -> None:
    kept = (diagrams.DOCS / f"{name}.d2").read_text(encoding="utf-8")

    assert kept == diagrams.sources()[name], "run `make diagrams`"
    assert (diagrams.DOCS / f"{name}.svg").stat().st_size < 40_000


def test_every_label_of_the_source_stands_in_its_picture() -> None:
    """A source that was made anew without its picture would show at once."""
    for name, source in diagrams.sources().items():
        picture = (diagrams.DOCS / f"{name}.svg").read_text(encoding="utf-8")
        labels = [line.split('"')[1].split("\\n")[0] for line in source.splitlines() if "{height" in line]
        assert [label for label in labels if label.replace("&", "&amp;") not in picture] == []


def test_the_table_of_settings_is_that_of_the_code() -> None:
    readme = settings.README.read_text(encoding="utf-8")

    assert settings.within(readme) == readme, "run `make diagrams`"
