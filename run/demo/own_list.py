"""A list of the house's own, in two versions: the second loses more than a tenth and has somebody new.

It lies beside the samples under a name of its own, so each demo may lay it out anew.
"""

from pathlib import Path
from typing import Literal

import yaml

from run.demo.papers import SAMPLES

NAME = "own"  # of the source, and of what is published there
NEWCOMER = "own:h-021"  # bears the name of an owner of a sample client
_RUN = "OWN-RUN"  # stands in the second version for the run: what was let in for one demo is held again in the next


def sources(home: Path) -> str:
    """The file that names the list as a source. Nobody is held because it is missing."""
    source = {"name": NAME, "files": [str(_file(home))], "required": False}
    return yaml.safe_dump({"lists": [source]}, sort_keys=False)


def lay_out(home: Path, version: Literal["first", "second"], run: str = "") -> None:
    """Puts this version where workers look for it, whole or not at all."""
    words = (SAMPLES / "own-list" / f"{version}.csv").read_text("utf-8").replace(_RUN, f"OWN-{run}")
    draft = _file(home).with_suffix(".new")
    draft.write_text(words, "utf-8")
    draft.replace(_file(home))


def _file(home: Path) -> Path:
    return home / "lists" / "own-list.csv"
