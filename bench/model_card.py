"""The engine's model card: what it is for, how it was measured, where its limits are."""
# ruff: noqa: E501 -- Markdown tables have no line breaks

from typing import Any

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
weights were not fitted to it. Part is kept aside and was not seen.

{groups}

## Finding an entry again

{sizes}

`listed`: the names of the UN list as they stand; `misspelled`: the same with one letter wrong; `nobody`: invented names.
Recall is among the first hundred names from the index; `shown` is what a screening reports as hit or near. Times are of
one whole screening on one core, explanations included. CPU time is given beside the clock: the machine was shared.

## Scripts

The names that lists give in other scripts, asked of the same lists with their Latin names only.

{scripts}

## Limits

- A company's name that a list translates is found only as far as the table of translated words goes; Chinese and Korean
  company names are the weakest.
- Arabic and Hebrew leave vowels out: two consonants tell little, and short names in these scripts are missed or
  found too often. Persian, Pashto and Urdu are read with the Arabic letters and their Persian sounds.
- Han characters are read as Mandarin, and as Japanese or Korean where the family name is in the table. Rare characters
  and Cantonese readings are missed.
- Scripts without a table of their own (Thai, Khmer, Amharic, Devanagari and others) are read letter by letter only.
- Scores measure names. Two people of one name score 1.0; only `strength` tells them apart.
- A list of more than {most} names that all match is cut, and the screening says `incomplete`.
"""


def card(figures: Figures) -> str:
    from kyc.screening import Policy

    return _FRAME.format(
        on=figures["on"], policy=figures["policy"], pairs=_pairs(figures["pairs"]),
        groups=_groups(figures["pairs"]["aboard"]["groups"]), sizes=_sizes(figures["sizes"]),
        scripts=_scripts(figures["scripts"]), most=Policy.read().most_candidates,
    )  # fmt: skip


def _pairs(pairs: Figures) -> str:
    rows = [
        [name, f["pairs"], f["precision"], f["recall"], f["f1"], f["us"], max(s["f1"] for s in f["sweep"].values())]
        for name, f in pairs.items()
    ]
    return _table(["matcher", "pairs", "precision", "recall", "F1 at the threshold", "µs a pair", "best F1"], rows)


def _groups(groups: Figures) -> str:
    return _table(
        ["group", "precision", "recall", "F1"], [[g, f["precision"], f["recall"], f["f1"]] for g, f in groups.items()]
    )


def _sizes(sizes: Figures) -> str:
    rows = []
    for f in sizes.values():
        for kind in ("listed", "misspelled", "nobody"):
            asked = f[kind]
            times = " / ".join(str(v) for v in asked["ms"].values())
            cpu = " / ".join(str(v) for v in asked["cpu_ms"].values())
            rows.append([f["entries"], kind, asked.get("recall_at_100", ""), asked.get("shown", ""), times, cpu])
    table = _table(["entries", "asked", "recall@100", "shown", "ms p50 / p95 / p99", "CPU ms p50 / p95 / p99"], rows)
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
