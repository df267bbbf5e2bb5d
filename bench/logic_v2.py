"""nomenklatura's logic-v2 on pairs of names, for the comparison in the model card: the state of the art, published.

Runs in an interpreter that has nomenklatura (MIT; not one of ours, it needs a compiler and 700 MB):
    uv venv /tmp/nk && uv pip install -p /tmp/nk/bin/python nomenklatura==4.17.4
    python -m bench.screening --logic-v2 /tmp/nk/bin/python
Reads rows of name1, name2, schema as JSON from its input; writes the scores and the seconds they took.
"""

import json
import sys
import time
from itertools import count


def main() -> None:
    # Not installed where the project is checked: hence no types.
    from followthemoney import ValueEntity, model  # type: ignore[import-not-found]  # installed beside us or not at all
    from nomenklatura.matching import get_algorithm  # type: ignore[import-not-found]  # the same

    algorithm, numbers = get_algorithm("logic-v2"), count()
    config = algorithm.default_config()

    def entity(name: str, schema: str) -> object:
        # It remembers names by entity id: every id has to be a new one.
        data = {"id": f"e{next(numbers)}", "schema": schema, "properties": {"name": [name]}}
        return ValueEntity(model[schema], data)

    def score(one: str, other: str, schema: str) -> float:
        return float(algorithm.compare(entity(one, schema), entity(other, schema), config).score)

    rows = json.load(sys.stdin)
    score(*rows[0])  # its tables are read at the first name
    began = time.process_time()
    scores = [score(*row) for row in rows]
    json.dump({"scores": scores, "seconds": time.process_time() - began}, sys.stdout)


if __name__ == "__main__":
    main()
