"""`make bench`: every measure there is, each by its own defaults."""

import runpy
import sys

MEASURES = ("spine", "door", "screening")


def main() -> None:
    chosen = sys.argv[1:] or MEASURES
    for name in chosen:
        sys.argv = [f"bench.{name}"]  # each reads its own options; give them with `python -m bench.<name>`
        runpy.run_module(f"bench.{name}", run_name="__main__")


if __name__ == "__main__":
    main()
