"""How well and how fast the engine screens; writes its model card.

python -m bench.screening                          pairs, scripts, and 45 thousand entries
python -m bench.screening --sizes 45000 2000000    and more
python -m bench.screening --card docs/screening-model-card.md --on 2026-11-22
"""

import argparse
import csv
import json
import random
import resource
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.model_card import card
from bench.synthetic import CHECKED, latin_only, padding, real_lists
from kyc.lists import Kind
from kyc.screening import Index, Policy, Scorer, Subject
from kyc.screening.names import parse
from kyc.screening.quality import misspell
from kyc.screening.scripts import script_of

DATA = Path(__file__).parents[2] / "shared" / "data"
QUESTIONS = 1000
Figures = dict[str, Any]


def main() -> None:
    options = _options()
    figures: Figures = {"on": options.on, "policy": Policy.read().hash}
    figures["pairs"] = {"aboard": pairs(options.data, _ours())}
    if theirs := _logic_v2():
        figures["pairs"]["logic-v2"] = pairs(options.data, theirs)
    figures["cross_script_pairs"] = floors(options.data)
    figures["sizes"] = {}
    for size in options.sizes:
        folder = Path(tempfile.mkdtemp(prefix="aboard-bench-"))
        try:
            built = _apart(build, options.data, folder, size)
            figures["sizes"][size] = built | _apart(ask, options.data, folder, size, options.questions)
        finally:
            shutil.rmtree(folder)
        print(json.dumps({size: figures["sizes"][size]}, indent=1), file=sys.stderr)
    figures["scripts"] = _apart(scripts, options.data)
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    if options.card:
        options.card.write_text(card(figures), "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[45_000])
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--card", type=Path)
    parser.add_argument("--on", default=time.strftime("%Y-%m-%d", time.gmtime()), help="the validation date")
    return parser.parse_args()


def _apart(work: Callable[..., Figures], *arguments: object) -> Figures:
    """In a process of its own, so that memory is that of this work alone."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


# Pairs of names


def _ours() -> Callable[[str, str, str], float]:
    scorer = Scorer(Policy.read())
    return lambda one, other, schema: scorer.names(one, other, Kind.of(schema)).score


def _logic_v2() -> Callable[[str, str, str], float] | None:
    """nomenklatura's best matcher, where it is installed. It remembers names by entity id: every id is a new one."""
    try:
        from followthemoney import ValueEntity, model  # type: ignore[import-not-found]
        from nomenklatura.matching import get_algorithm  # type: ignore[import-not-found]
    except ImportError:
        return None
    algorithm = get_algorithm("logic-v2")
    config, count = algorithm.default_config(), iter(range(10**9))

    def entity(name: str, schema: str) -> Any:
        return ValueEntity(model[schema], {"id": f"e{next(count)}", "schema": schema, "properties": {"name": [name]}})

    return lambda one, other, schema: float(algorithm.compare(entity(one, schema), entity(other, schema), config).score)


def pairs(data: Path, score: Callable[[str, str, str], float]) -> Figures:
    with (data / "eval/name_pairs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    began = time.perf_counter()
    scored = [(score(r["name1"], r["name2"], r["schema"]), r["is_match"] == "true", r["case_group"]) for r in rows]
    each = (time.perf_counter() - began) / len(rows)
    threshold = Policy.read().threshold
    groups = {g: _f1([s for s in scored if s[2] == g], threshold) for g in sorted({s[2] for s in scored})}
    sweep = {str(t / 100): _f1(scored, t / 100) for t in range(50, 95, 5)}
    return {**_f1(scored, threshold), "pairs": len(rows), "us": round(each * 1e6), "sweep": sweep, "groups": groups}


def _f1(scored: Sequence[tuple[float, bool, str]], threshold: float) -> Figures:
    right = sum(s >= threshold and match for s, match, _ in scored)
    said, true = sum(s >= threshold for s, _, _ in scored), sum(match for _, match, _ in scored)
    precision, recall = right / said if said else 0.0, right / true if true else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3)}


def floors(data: Path) -> Figures:
    """Pairs across scripts with the least score that is expected of them."""
    score, missed, count = _ours(), [], 0
    with (data / "eval/cross_script_pairs.csv").open(encoding="utf-8") as file:
        for row in csv.reader(line for line in file if line.strip() and not line.startswith("#")):
            count += 1
            found = score(row[0], row[1], "Person")
            if found < float(row[2]):
                missed.append([row[0], row[1], float(row[2]), found])
    return {"pairs": count, "reached": count - len(missed), "missed": missed}


# Recall and time


def build(data: Path, folder: Path, size: int) -> Figures:
    versions = real_lists(data)
    real = sum(len(v.entries) for v in versions)
    began = time.perf_counter()
    Index.build([*versions, padding(max(0, size - real), versions)], folder)
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "entries": max(size, real), "real": real, "build_s": round(time.perf_counter() - began),
        "disk_mb": round(disk / 1e6), "build_rss_mb": round(peak / 1e3),
    }  # fmt: skip


def ask(data: Path, folder: Path, size: int, questions: int) -> Figures:
    """UN names as listed and misspelled, and names of nobody; every list entry is looked for among a hundred names."""
    index, policy, dice = Index.open(folder), Policy.read(), random.Random(11)
    people = [e for e in real_lists(data)[0].entries if script_of(e.name) == "latin"]
    nobody = padding(10**9, real_lists(data)).entries
    figures: Figures = {"open_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)}
    kinds = {
        "listed": [(e.name, e.kind, e.id) for e in people],
        "misspelled": [(misspell(e.name, dice), e.kind, e.id) for e in people],
        "nobody": [(e.name, e.kind, "") for e in (nobody[10**8 + n] for n in range(questions))],
    }
    for name, asked in kinds.items():
        for question in asked[:100]:
            _screen(index, policy, *question)  # warm: pages and caches
        figures[name] = _asked(index, policy, asked[:questions])
    return figures


def _asked(index: Index, policy: Policy, asked: Sequence[tuple[str, Kind, str]]) -> Figures:
    wall, cpu, retrieved, found = [], [], 0, 0
    for name, kind, number in asked:
        began, used = time.perf_counter(), time.thread_time()
        shown = _screen(index, policy, name, kind, number)
        wall.append(time.perf_counter() - began)
        cpu.append(time.thread_time() - used)
        found += number in shown
        retrieved += bool(number) and number in _retrieved(index, name, kind)
    figures: Figures = {"ms": _percentiles(wall), "cpu_ms": _percentiles(cpu)}
    if asked[0][2]:
        figures |= {"recall_at_100": round(retrieved / len(asked), 4), "shown": round(found / len(asked), 4)}
    return figures


def _screen(index: Index, policy: Policy, name: str, kind: Kind, number: str) -> set[str]:
    found = index.screen(Subject(id="q", kind=kind, names=(name,)), policy, CHECKED)
    return {hit.entry for hit in (*found.hits, *found.near)}


def _retrieved(index: Index, name: str, kind: Kind) -> set[str]:
    numbers = (n for reading in parse(name, kind) for n in chain.from_iterable(index.candidates(reading, 100)))
    return {index.entry(index.store.name(n).entry)[0].id for n in numbers}


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {f"p{p}": round(ordered[min(len(ordered) - 1, len(ordered) * p // 100)] * 1e3, 2) for p in (50, 95, 99)}


# Scripts


def scripts(data: Path) -> Figures:
    """The names in other scripts that lists give, asked of the same lists without them."""
    versions, scorer = real_lists(data), Scorer(Policy.read())
    index = Index.build([latin_only(version) for version in versions])
    known = {e.id: e for v in versions for e in latin_only(v).entries}
    tally: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
    for number, text, kind in _foreign(versions):
        if number in known:
            best = max(scorer.names(text, name.text, kind).score for name in known[number].names)
            seen = number in _retrieved(index, text, kind)
            tally[script_of(text)].append((seen, best >= scorer.policy.threshold, kind == Kind.PERSON))
    shutil.rmtree(index.path)
    return {s: _tallied(rows) | {"people": _tallied([r for r in rows if r[2]])} for s, rows in sorted(tally.items())}


def _foreign(versions: Sequence[Any]) -> Iterator[tuple[str, str, Kind]]:
    for version in versions:
        for entry in version.entries:
            for name in entry.names:
                if script_of(name.text) not in ("latin", "other"):
                    yield entry.id, name.text, entry.kind


def _tallied(rows: Sequence[tuple[bool, bool, bool]]) -> Figures:
    count = max(1, len(rows))
    return {
        "names": len(rows), "recall_at_100": round(sum(r[0] for r in rows) / count, 3),
        "match": round(sum(r[1] for r in rows) / count, 3),
    }  # fmt: skip


if __name__ == "__main__":
    main()
