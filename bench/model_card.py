"""The engine's model card: what it is for, how it was measured, where its limits are."""
# ruff: noqa: E501 -- Markdown tables have no line breaks

from typing import Any

from bench.exhaustive import BANDS

Figures = dict[str, Any]

_FRAME = """# Screening engine: model card

Written by `python -m bench.screening --card`; do not edit by hand.

| | |
|---|---|
| Validated on | {on} |
| Policy | `{policy}` |
| For | Screening of people, companies, ships and aircraft against watch lists, before and during a relationship. A hit is a signal for a reviewer, never a decision. |
| Not for | Deciding about a person without a reviewer; deduplication; searching free text. |
| How | Names are read in every way their script allows, looked up by keys (parts, one-letter misspellings, consonants, the whole), aligned part by part and priced by the policy. Dates, countries, gender and numbers move the strength of a hit, never the similarity of its names. No learned weights, no network. |

## Pairs of names

{pairs}

The part of the labelled pairs that is published with the project was looked at while the word tables were written; the
weights were not fitted to it. Part is kept aside and was not seen. logic-v2 is nomenklatura's best matcher, in the same
run, at the same threshold (which is its own as well).

{groups}

Some groups have a pair or two and tell nothing alone: `cluster_align` has one pair of each kind.

## Finding an entry again

{sizes}

`listed`: the names of the UN list as they stand; `misspelled`: the same with one letter wrong; `nobody`: invented names.
Recall is among the first hundred names from the index; `shown` is what a screening reports as hit or near. Times are of
one whole screening on one core, explanations included; of them, what the index takes for its first hundred. CPU time is
given beside the clock: the machine was shared.

## What is not seen

The index gives the nearest names by their keys, not all; what stands behind them is not looked at. Here each name was
also scored against every listed one, of the smallest size above. Unseen of all matches, by their score; `clear` are those
whose screening showed no other match either.

{unseen}

## Scripts

The names that lists give in other scripts, asked of the same lists with their Latin names only.

{scripts}

Few or no lists give names in Greek, Korean, Japanese or Chinese letters beside Latin ones, so the scripts are measured
by hand-written names as well (bench/names_by_script.csv): each against its usual romanisation, and against those of all
the others of its script. They are few, and of common parts: they show what is read, not how often.

{by_hand}

## Limits

- A company's name that a list translates is found only as far as the table of translated words goes; Chinese and Korean
  company names are the weakest.
- Arabic and Hebrew leave vowels out: two consonants tell little, and short names in these scripts are missed or
  found too often. Persian, Pashto and Urdu are read with the Arabic letters and their Persian sounds.
- Han characters are read as Mandarin, and as Japanese or Korean where the family name is in the table. Rare characters
  and Cantonese readings are missed.
- Scripts without a table of their own (Thai, Khmer, Amharic, Devanagari and others) are read letter by letter only.
- A party is compared with entries that may be of its kind: a company that is called like a listed person is no hit.
- Names of foreigners in Japanese, Korean or Chinese, transcribed by sound, are mostly missed, and Korean or Chinese names
  in Cyrillic. A screening of a name in a script with limits says so (`limits`).
- Scores measure names. Two people of one name score 1.0; only `strength` tells them apart.
- A list of more than {most} names that all match is cut, and the screening says `incomplete`.
"""


def card(figures: Figures) -> str:
    from kyc.screening import Policy

    return _FRAME.format(
        on=figures["on"], policy=figures["policy"], pairs=_pairs(figures["pairs"]),
        groups=_groups(figures["pairs"]), by_hand=_by_hand(figures["by_hand"]), sizes=_sizes(figures["sizes"]),
        unseen=_unseen(figures["unseen"]), scripts=_scripts(figures["scripts"]), most=Policy.read().most_candidates,
    )  # fmt: skip


def _unseen(unseen: Figures) -> str:
    ends = [*(str(band) for band in BANDS[1:]), ""]
    bands = [f"{band} to {end}" if end else str(band) for band, end in zip(BANDS, ends, strict=True)]
    rows = [
        [wrong, *(f"{lost} of {all_}" for lost, all_ in zip(f["unseen"], f["matches"], strict=True)), f["clear"]]
        for wrong, f in unseen.items()
    ]
    return _table(["letters wrong", *bands, "clear"], rows)


def _pairs(pairs: Figures) -> str:
    rows = [
        [name, f["pairs"], f["precision"], f["recall"], f["f1"], f["us"], max(s["f1"] for s in f["sweep"].values())]
        for name, f in pairs.items()
    ]
    return _table(["matcher", "pairs", "precision", "recall", "F1 at the threshold", "µs a pair", "best F1"], rows)


def _groups(pairs: Figures) -> str:
    """Per group what was found of the same and what was falsely alarmed of the others, for each matcher."""
    groups = pairs["aboard"]["groups"]
    head = ["group", "same", "others", *(f"{name}: {what}" for name in pairs for what in ("found", "false alarms"))]
    rows = [
        [
            g,
            f["same"],
            f["other"],
            *(p["groups"][g][what] for p in pairs.values() for what in ("found", "false_alarms")),
        ]
        for g, f in groups.items()
    ]
    return _table(head, rows)


def _by_hand(scripts: Figures) -> str:
    rows = [[s, f["names"], f["match"], f["others"], f["false_alarms"]] for s, f in scripts.items()]
    return _table(["script", "names", "match", "against others", "false alarms"], rows)


def _sizes(sizes: Figures) -> str:
    rows = []
    for f in sizes.values():
        for kind in ("listed", "misspelled", "nobody"):
            asked = f[kind]
            times = " / ".join(str(v) for v in asked["ms"].values())
            cpu = " / ".join(str(v) for v in asked["cpu_ms"].values())
            index = " / ".join(str(v) for v in asked["candidates_ms"].values())
            rows.append([f["entries"], kind, asked.get("recall_at_100", ""), asked.get("shown", ""), times, cpu, index])
    each = "p50 / p95 / p99"
    head = ["entries", "asked", "recall@100", "shown", f"ms {each}", f"CPU ms {each}", f"of it index {each}"]
    table = _table(head, rows)
    built = [[f["entries"], f["build_s"], f["disk_mb"], f["build_rss_mb"], f["open_rss_mb"]] for f in sizes.values()]
    return f"{table}\n\n{_table(['entries', 'build s', 'disk MB', 'build RSS MB', 'open RSS MB'], built)}"


def _scripts(scripts: Figures) -> str:
    rows = [
        [
            s,
            f["names"],
            f["recall_at_100"],
            f["match"],
            f["people"]["names"],
            f["people"]["recall_at_100"],
            f["people"]["match"],
        ]
        for s, f in scripts.items()
    ]
    return _table(["script", "names", "recall@100", "match", "of people", "recall@100", "match"], rows)


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
