"""The index: every listed name under its keys, on disk, read by any number of processes at once."""

import heapq
import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import islice, product
from pathlib import Path
from typing import Any, Self

import tantivy

from kyc.fingerprint import fingerprint
from kyc.lists import Entry, Kind, ListVersion
from kyc.screening.corroborate import normal
from kyc.screening.keys import MOST_WITH_A_NUMBER, of_asked, of_listed
from kyc.screening.parsed import Parsed
from kyc.screening.policy import Policy
from kyc.screening.scorer import Scorer
from kyc.screening.screen import screen
from kyc.screening.store import Reader, Writer
from kyc.screening.subject import ListUsed, Screening, Subject
from onboarding.errors import Unavailable

HEAP = 2_000_000_000  # bytes the writer may hold before it writes a segment; one segment is the fastest to search


class NoIndex(Unavailable):
    """There is no index that this version can read; build it."""

    code = "no_index"
    retryable = False


class Index:
    """Read-only. `versions` are the lists in it, with the time of each source's last good answer."""

    def __init__(self, path: Path) -> None:
        try:
            meta = _told(path)
            keys = tantivy.Index.open(str(path / "keys"))
        except (OSError, ValueError) as error:
            raise NoIndex from error
        self.path = path
        self.versions: list[dict[str, str]] = meta["versions"]
        self._searcher, self._schema = keys.searcher(), keys.schema
        self.store = Reader(path)
        self._kinds = [Kind(kind) for kind in meta["kinds"]]
        self._scorer: Scorer | None = None
        self.entry = lru_cache(maxsize=500)(self.store.entry)  # few: the garbage collector looks through them all

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises NoIndex where there is none, or none that this engine wrote, or where files are not whole."""
        return cls(path)

    @classmethod
    def kept(cls, path: Path, versions: Callable[[], Sequence[ListVersion]]) -> Self:
        """The index in a folder; where there is none to be opened it is built beside it and put there.

        Several processes may do so at once: each builds its own, and the last stays. CPU-bound.
        """
        with suppress(NoIndex):
            return cls.open(path)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        shutil.rmtree(part, ignore_errors=True)
        cls.build(versions(), part)
        _forget(path)
        with suppress(OSError):  # another was quicker
            part.rename(path)
        return cls.open(path)

    @classmethod
    def build(cls, versions: Sequence[ListVersion], path: Path | None = None) -> Self:
        """Builds an index of the versions in a new folder and opens it. CPU-bound: keep it off the event loop.

        The folder must be new or empty: an index in use is replaced by switching folders, never in place. Without a
        path it is one for the time being.
        """
        folder = path or Path(tempfile.mkdtemp(prefix="aboard-index-"))
        folder.mkdir(parents=True, exist_ok=True)
        kinds = _write(folder, heapq.merge(*(v.entries for v in versions), key=lambda e: e.id))
        _sync(folder)
        meta = {"engine": fingerprint(), "kinds": kinds, "versions": [_describe(v) for v in versions]}
        (folder / "index.json").write_text(json.dumps(meta | {"files": _sizes(folder)}), "utf-8")  # last, when all is
        index = cls(folder)
        if path is None:  # nobody else knows the folder: it goes with the index, at the latest at the end
            weakref.finalize(index, _forget, folder)
        return index

    def screen(
        self, subject: Subject, policy: Policy, now: datetime | None = None,
        checked: Mapping[str, datetime] | None = None,
    ) -> Screening:  # fmt: skip
        """Screens one party against all lists of the index.

        `now` dates the screening (ages of lists, ends of offices; the present when it is not given); `checked` gives
        later good answers of sources than the index was built with.
        """
        if self._scorer is None or self._scorer.policy != policy:
            self._scorer = Scorer(policy)  # it remembers words that it compared, so it is kept
        return screen(self, subject, self._scorer, now or datetime.now(UTC), checked or {})

    def candidates(self, asked: Parsed, kind: Kind, limit: int) -> list[list[int]]:
        """The numbers of the listed names nearest by their keys, `limit` at most: half by spelling, half by sound.
        They are of those kinds of which something of this kind may be.

        Each way is a plain sum over its keys, so that tantivy leaves out the postings that cannot reach the best.
        """
        fields = [listed.value for listed in self._kinds if listed.meets(kind)]
        found = [
            self._addresses(self._any(way, fields), limit // 2) for way in of_asked(asked, self.store.names.alike.of)
        ]
        numbers = iter(self._numbers([address for way in found for address in way]))
        return [list(islice(numbers, len(way))) for way in found]

    def identified(self, number: str) -> list[int]:
        """The numbers of entries that bear this identifier, MOST_WITH_A_NUMBER at most."""
        if not number:
            return []
        query = tantivy.Query.term_query(self._schema, "i", number, "basic")
        found = self._numbers(self._addresses(query, MOST_WITH_A_NUMBER))
        return sorted({int(self.store.names.entry[name]) for name in found})

    def _any(self, keys: Mapping[str, float], fields: Sequence[str]) -> tantivy.Query:
        asked = (
            (tantivy.Query.term_query(self._schema, field, key, "basic"), worth)
            for field, (key, worth) in product(fields, keys.items())
        )
        should = [(tantivy.Occur.Should, tantivy.Query.boost_query(term, worth)) for term, worth in asked]
        return tantivy.Query.boolean_query(should)

    def _addresses(self, query: tantivy.Query, limit: int) -> list[tantivy.DocAddress]:
        return [address for _, address in self._searcher.search(query, limit, count=False).hits]

    def _numbers(self, found: list[tantivy.DocAddress]) -> list[int]:
        return [int(number) for number in self._searcher.fast_field_values("n", found) if number is not None]

    def used(self, now: datetime, checked: Mapping[str, datetime]) -> list[ListUsed]:
        return [_used(version, now, checked) for version in self.versions]


def _told(folder: Path) -> dict[str, Any]:
    """What an index says of itself. Raises ValueError where another engine wrote it, which reads names otherwise, or
    where a file has not the length that it had."""
    told = json.loads((folder / "index.json").read_text("utf-8"))
    if not isinstance(told, dict) or told.get("engine") != fingerprint() or told.get("files") != _sizes(folder):
        raise ValueError("no index of this engine")
    return told


def _sync(folder: Path) -> None:
    """A file that was not written through may be full of zeros after a crash, and has its length all the same."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir() if path.suffix not in (".json", "")}


def _forget(folder: Path) -> None:
    """Moved away first: the library looks into an open folder now and then, and may lay a lock into it meanwhile."""
    gone = folder.with_name(f"{folder.name}.{os.getpid()}.gone")
    with suppress(OSError):
        shutil.rmtree(folder.rename(gone), ignore_errors=True)


def _used(version: dict[str, str], now: datetime, checked: Mapping[str, datetime]) -> ListUsed:
    built = datetime.fromisoformat(version["checked"])
    last = max(built, checked.get(version["source"], built))
    return ListUsed(
        source=version["source"], version=version["id"], entries=int(version["entries"]), checked=last,
        list_date=date.fromisoformat(version["list_date"]) if version["list_date"] else None,
        age_days=round(max(0.0, (now - last).total_seconds() / 86400), 3),
    )  # fmt: skip


def _describe(version: ListVersion) -> dict[str, str]:
    return {
        "source": version.source, "id": version.id, "entries": str(len(version.entries)),
        "checked": version.checked.isoformat(),
        "list_date": version.list_date.isoformat() if version.list_date else "",
    }  # fmt: skip


def _write(folder: Path, entries: Iterable[Entry]) -> list[Kind]:
    """Keys and store, entry by entry. Returns the kinds that there are."""
    (folder / "keys").mkdir()
    keys = tantivy.Index(_schema(), str(folder / "keys")).writer(HEAP, 1)  # one thread: the order of entries is kept
    store, kinds = Writer(folder), set()
    for entry in entries:
        kinds.add(entry.kind)
        identifiers = sorted({normal(i.value) for i in entry.identifiers} - {""})
        for number, readings in store.add(entry):
            keys.add_document(_document(number, entry.kind, readings, identifiers))
            identifiers = []  # with the first name is enough
    keys.commit()
    keys.wait_merging_threads()  # its memory is free before that of the words is needed
    store.close()
    return sorted(kinds)


def _schema() -> tantivy.Schema:
    """The keys of names of each kind are a field of their own, so that persons are no candidates for a company."""
    builder = tantivy.SchemaBuilder().add_unsigned_field("n", fast=True)
    for field in ("i", *(kind.value for kind in Kind)):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _document(number: int, kind: Kind, readings: Sequence[Parsed], identifiers: list[str]) -> tantivy.Document:
    document = tantivy.Document()
    document.add_unsigned("n", number)
    for key in sorted({key for reading in readings for key in of_listed(reading)}):
        document.add_text(kind.value, key)
    for identifier in identifiers:
        document.add_text("i", identifier)
    return document
