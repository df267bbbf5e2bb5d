"""How well and how fast the engine screens; writes its model card.

python -m bench.screening                          pairs, scripts, and 45 thousand entries
python -m bench.screening --sizes 45000 2000000    and more
python -m bench.screening --card docs/screening-model-card.md --on 2026-11-22
"""

import argparse
import csv
import gc
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.exhaustive import unseen
from bench.model_card import card
from bench.synthetic import CHECKED, latin_only, padding, real_lists
from kyc.lists import Kind
from kyc.screening import Index, Policy, Scorer, Subject, compare
from kyc.screening.names import parse
from kyc.screening.quality import misspell
from kyc.screening.scripts import script_of

DATA = Path(__file__).parents[2] / "shared" / "data"
QUESTIONS = 1000
UNSEEN = 100  # names for which all others are scored
Figures = dict[str, Any]
Pair = tuple[str, str, str]  # two names and the schema of both


def main() -> None:
    options = _options()
    figures: Figures = {"on": options.on, "policy": Policy.read().hash}
    figures["pairs"] = {"aboard": pairs(options.data, _ours)}
    if options.logic_v2:
        figures["pairs"]["logic-v2"] = pairs(options.data, partial(_theirs, options.logic_v2))
    figures["cross_script_pairs"] = floors(options.data)
    figures["sizes"] = {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory(prefix="aboard-bench-") as passing:
            folder = (options.keep or Path(passing)) / str(size)
            built = _built(options.data, folder, size)
            figures["sizes"][size] = built | _apart(ask, options.data, folder, size, options.questions)
            if size == min(options.sizes):  # each name is scored against all: that takes its time
                figures["unseen"] = {wrong: _apart(unseen, options.data, folder, UNSEEN, wrong) for wrong in range(3)}
        print(json.dumps({size: figures["sizes"][size]}, indent=1), file=sys.stderr)
    figures["scripts"] = _apart(scripts, options.data)
    figures["by_hand"] = by_hand()
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    if options.card:
        options.card.write_text(card(figures), "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[45_000])
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--keep", type=Path, help="a folder for the indexes, which are used again when it has them")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--card", type=Path)
    parser.add_argument("--logic-v2", metavar="PYTHON", help="an interpreter with nomenklatura, see bench/logic_v2.py")
    parser.add_argument("--on", default=time.strftime("%Y-%m-%d", time.gmtime()), help="the validation date")
    return parser.parse_args()


def _apart(work: Callable[..., Figures], *arguments: object) -> Figures:
    """In a process of its own, so that memory is that of this work alone."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


# Pairs of names


def _ours(rows: Sequence[Pair]) -> tuple[list[float], float]:
    scorer = Scorer(Policy.read())
    began = time.process_time()
    return [scorer.names(one, other, Kind.of(schema)).score for one, other, schema in rows], time.process_time() - began


def _theirs(python: str, rows: Sequence[Pair]) -> tuple[list[float], float]:
    """The same pairs by nomenklatura, in the interpreter that has it."""
    script = Path(__file__).with_name("logic_v2.py")
    said = subprocess.run([python, script], input=json.dumps(rows), capture_output=True, text=True, check=True)
    answer = json.loads(said.stdout)
    return answer["scores"], answer["seconds"]


def pairs(data: Path, score: Callable[[Sequence[Pair]], tuple[list[float], float]]) -> Figures:
    with (data / "eval/name_pairs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    scores, seconds = score([(row["name1"], row["name2"], row["schema"]) for row in rows])
    scored = [(s, row["is_match"] == "true", row["case_group"]) for s, row in zip(scores, rows, strict=True)]
    threshold = Policy.read().threshold
    groups = {g: _f1([s for s in scored if s[2] == g], threshold) for g in sorted({s[2] for s in scored})}
    sweep = {str(t / 100): _f1(scored, t / 100) for t in range(50, 95, 5)}
    each = round(seconds / len(rows) * 1e6)
    return {**_f1(scored, threshold), "pairs": len(rows), "us": each, "sweep": sweep, "groups": groups}


def _f1(scored: Sequence[tuple[float, bool, str]], threshold: float) -> Figures:
    right = sum(s >= threshold and match for s, match, _ in scored)
    said, true = sum(s >= threshold for s, _, _ in scored), sum(match for _, match, _ in scored)
    precision, recall = right / said if said else 0.0, right / true if true else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {
        "precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3),
        "same": true, "found": right, "other": len(scored) - true, "false_alarms": said - right,
    }  # fmt: skip


def floors(data: Path) -> Figures:
    """Pairs across scripts with the least score that is expected of them."""
    scorer, missed, count = Scorer(Policy.read()), [], 0
    with (data / "eval/cross_script_pairs.csv").open(encoding="utf-8") as file:
        for row in csv.reader(line for line in file if line.strip() and not line.startswith("#")):
            count += 1
            found = scorer.names(row[0], row[1], Kind.PERSON).score
            if found < float(row[2]):
                missed.append([row[0], row[1], float(row[2]), found])
    return {"pairs": count, "reached": count - len(missed), "missed": missed}


# Recall and time


def build(data: Path, folder: Path, size: int) -> Figures:
    versions = real_lists(data)
    real = sum(len(v.entries) for v in versions)
    began, used = time.perf_counter(), time.process_time()
    Index.build([*versions, padding(max(0, size - real), versions)], folder)
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "entries": max(size, real), "real": real, "build_s": round(time.perf_counter() - began),
        "build_cpu_s": round(time.process_time() - used),
        "disk_mb": round(disk / 1e6), "build_rss_mb": round(peak / 1e3),
    }  # fmt: skip


def _built(data: Path, folder: Path, size: int) -> Figures:
    """What building the index took, now or when it was built to be kept."""
    kept = folder.with_suffix(".json")
    if not kept.exists():
        kept.write_text(json.dumps(_apart(build, data, folder, size)), "utf-8")
    figures: Figures = json.loads(kept.read_text("utf-8"))
    return figures


def ask(data: Path, folder: Path, size: int, questions: int) -> Figures:
    """UN names as listed and misspelled, and names of nobody; every list entry is looked for among a hundred names."""
    index, policy, dice = Index.open(folder), Policy.read(), random.Random(11)
    people = [e for e in real_lists(data)[0].entries if script_of(e.name) == "latin"]
    nobody = padding(10**9, real_lists(data)).entries
    gc.collect()
    gc.freeze()  # what is loaded for good need not be looked through again while names are asked for
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
    wall, cpu, alone, retrieved, found = [], [], [], 0, 0
    for name, kind, number in asked:
        began, used = time.perf_counter(), time.thread_time()
        shown = _screen(index, policy, name, kind, number)
        wall.append(time.perf_counter() - began)
        cpu.append(time.thread_time() - used)
        found += number in shown
        used = time.thread_time()
        numbers = _candidates(index, name, kind)
        alone.append(time.thread_time() - used)
        retrieved += bool(number) and number in _ids(index, numbers)
    figures: Figures = {"ms": _percentiles(wall), "cpu_ms": _percentiles(cpu), "candidates_ms": _percentiles(alone)}
    if asked[0][2]:
        figures |= {"recall_at_100": round(retrieved / len(asked), 4), "shown": round(found / len(asked), 4)}
    return figures


def _screen(index: Index, policy: Policy, name: str, kind: Kind, number: str) -> set[str]:
    found = index.screen(Subject(id="q", kind=kind, names=(name,)), policy, CHECKED)
    return {hit.entry for hit in (*found.hits, *found.near)}


def _candidates(index: Index, name: str, kind: Kind) -> list[int]:
    """The first hundred names from the index, of each reading of the name."""
    return [n for reading in parse(name, kind) for n in chain.from_iterable(index.candidates(reading, kind, 100))]


def _ids(index: Index, numbers: Sequence[int]) -> set[str]:
    return {index.entry(int(index.store.names.entry[n]))[0].id for n in numbers}


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
            seen = number in _ids(index, _candidates(index, text, kind))
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


def by_hand() -> Figures:
    """Names of every script against their usual romanisation, and against those of the others of their script."""
    text = Path(__file__).with_name("names_by_script.csv").read_text("utf-8")
    tally: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for script, name, latin in csv.reader(line for line in text.splitlines() if not line.startswith("#")):
        tally[script].append((name, latin))
    return {
        script: {
            "names": len(rows), "match": sum(compare(name, latin, "Person").match for name, latin in rows),
            "others": len(rows) * (len(rows) - 1),
            "false_alarms": sum(compare(n, o, "Person").match for n, own in rows for _, o in rows if o != own),
        }
        for script, rows in tally.items()
    }  # fmt: skip


if __name__ == "__main__":
    main()
