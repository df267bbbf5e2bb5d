"""Whom 600 changed records concern, among many clients: the reverse index, in memory.

python -m bench.lookback --clients 1000000 --data ../shared/data

Setting up (hashing every client's name once, as it happens when a client is taken aboard) is not part of the figure.
"""

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path

from bench.synthetic import padding, real_lists
from kyc.lists import Entry, Kind
from kyc.screening import Policy, Subject
from kyc.screening.reverse import Changed, Hashing, Watched

CHANGED = 600


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clients", type=int, default=100_000)
    asked.add_argument("--data", type=Path, default=Path("../shared/data"))
    said = asked.parse_args()
    versions = real_lists(said.data)
    everyone = [entry for version in versions for entry in version.entries if entry.kind in (Kind.PERSON, Kind.COMPANY)]
    changed = random.Random(1).sample(everyone, CHANGED)
    hashing = Hashing(bytes(32))
    watched, words = _taken_aboard(padding(said.clients, versions).entries, hashing)
    print(f"{said.clients:,} clients, {len(words):,} different words, {CHANGED} changed records")
    _measure(changed, watched, words, hashing)


def _taken_aboard(clients: Sequence[Entry], hashing: Hashing) -> tuple[list[Watched], dict[int, list[int]]]:
    watched: list[Watched] = []
    words: dict[int, list[int]] = {}
    for client in clients:
        subject = Subject.model_construct(id=client.id, kind=client.kind, names=(client.name,), identifiers=())
        readings, its_words = hashing.readings(subject)
        watched += [Watched(client.id, client.kind, reading) for reading in readings]
        words |= its_words
    return watched, words


def _measure(
    changed: Sequence[Entry], watched: Sequence[Watched], words: dict[int, list[int]], hashing: Hashing
) -> None:
    began, busy = time.perf_counter(), time.process_time()
    change = Changed(changed, hashing, Policy.read())
    touched = change.touched(words.items())
    concerned = change.clients(watched, touched)
    clock, cpu = time.perf_counter() - began, time.process_time() - busy
    print(f"{len(touched):,} words touched, {len(concerned):,} clients come into question")
    print(f"{clock:.1f} s by the clock, {cpu:.1f} s of one core")


if __name__ == "__main__":
    main()
