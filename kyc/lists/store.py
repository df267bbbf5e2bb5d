"""Versions of lists on disk: records by their content, a manifest for each version, and which version is in force."""

import json
import os
from collections import defaultdict
from collections.abc import Collection
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from kyc.lists.entry import Entry
from kyc.lists.version import Change, ListVersion, Refused, Unread, diff
from onboarding.errors import NotFound

TWO_PEOPLE = 2  # to release a version that loses more than a tenth of its entries


class NoVersion(NotFound):
    """No version of a list has this id."""

    code = "no_version"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store says of a version without opening it: kept `since`, last found the same when it was `checked`."""

    id: str
    source: str
    format: str
    entries: int
    names: int
    refused: int
    since: datetime
    checked: datetime
    list_date: date | None
    in_force: bool


@dataclass(frozen=True, slots=True)
class Admission:
    """`held`: it is kept, and the version before stays in force until two people release this one."""

    state: Literal["in_force", "held"]
    change: Change | None


class Answer(NamedTuple):
    """A source's last good answer: what its publisher's list is called, and when."""

    source: str
    at: datetime


class Store:
    """A folder. Records are written once, whatever number of versions hold them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def admit(self, version: ListVersion, released_by: Collection[str] = ()) -> Admission:
        """Keeps a version and puts it in force, unless it loses too much and fewer than two people let it in."""
        current = self.current(version.source)
        change = diff(self.open(current), version) if current and current != version.id else None
        held = bool(change and change.needs_release and len(set(released_by)) < TWO_PEOPLE)
        self._keep(version)
        self._write(self.folder / ("held" if held else "in_force") / version.source, version.id)
        if not held:
            (self.folder / "held" / version.source).unlink(missing_ok=True)
        return Admission("held" if held else "in_force", change)

    def release(self, source: str, released_by: Collection[str]) -> bool:
        """Puts the held version of a source in force when two different people let it in; whether it did."""
        held = self.held(source)
        if held is None or len(set(released_by)) < TWO_PEOPLE:
            return False
        self._write(self.folder / "in_force" / source, held)
        (self.folder / "held" / source).unlink(missing_ok=True)
        return True

    def current(self, source: str) -> str | None:
        """The id of the version in force."""
        return _text(self.folder / "in_force" / source)

    def held(self, source: str) -> str | None:
        """The id of the version that waits to be let in."""
        return _text(self.folder / "held" / source)

    def answer(self, name: str, source: str, at: datetime) -> None:
        """Notes the last good answer by the name that the settings give a source; `source` is its publisher's code."""
        self._write(self.folder / "answers" / name, f"{source} {at.isoformat()}")

    def answered(self, name: str) -> Answer | None:
        """The last good answer, if there ever was one."""
        said = _text(self.folder / "answers" / name)
        if said is None:
            return None
        source, _, at = said.partition(" ")
        return Answer(source, datetime.fromisoformat(at))

    def versions(self, source: str = "") -> list[Kept]:
        """All that is kept, or what is kept of one source; the oldest answer first."""
        found = [self._kept(path) for path in (self.folder / "versions").glob("*.json")]
        return sorted((k for k in found if source in ("", k.source)), key=lambda k: (k.source, k.checked, k.id))

    def in_force(self) -> list[ListVersion]:
        """The version in force of every source."""
        return [self.open(kept.id) for kept in self.versions() if kept.in_force]

    def open(self, id: str) -> ListVersion:
        """A version by its id or the beginning of it, `checked` when it was first kept. Raises NoVersion."""
        found = sorted((self.folder / "versions").glob(f"{id}*.json")) if id.isalnum() else []
        if len(found) != 1:
            raise NoVersion(f"there is {'no' if not found else 'more than one'} version {id}")
        raw = json.loads(found[0].read_text("utf-8"))
        records = self._records(set(raw["manifest"].values()))
        entries = tuple(replace(records[content], id=number) for number, content in raw["manifest"].items())
        return ListVersion(
            source=raw["source"], format=raw["format"], entries=entries,
            checked=datetime.fromisoformat(raw["since"]), files=tuple(raw["files"]),
            list_date=date.fromisoformat(raw["list_date"]) if raw["list_date"] else None,
            refused=tuple(Refused(*each) for each in raw["refused"]), former=tuple(raw["former"]),
            unread=tuple(Unread(*each) for each in raw["unread"]),
        )  # fmt: skip

    def manifest(self, id: str) -> dict[str, str]:
        """Entry id → hash of what it says, of a kept version. Raises NoVersion."""
        path = self.folder / "versions" / f"{id}.json"
        if not id.isalnum() or not path.exists():
            raise NoVersion
        manifest: dict[str, str] = json.loads(path.read_text("utf-8"))["manifest"]
        return manifest

    def _keep(self, version: ListVersion) -> None:
        """A version that is kept already is only checked again: since when it is kept does not change."""
        self._keep_records(version)
        path = self.folder / "versions" / f"{version.id}.json"
        checked = version.checked.isoformat()
        content = {
            "source": version.source, "format": version.format, "files": version.files,
            "since": json.loads(path.read_text("utf-8"))["since"] if path.exists() else checked, "checked": checked,
            "list_date": version.list_date.isoformat() if version.list_date else "", "names": version.names,
            "refused": [astuple(each) for each in version.refused], "former": version.former,
            "unread": [astuple(each) for each in version.unread], "manifest": version.manifest,
        }  # fmt: skip
        self._write(path, json.dumps(content, ensure_ascii=False, separators=(",", ":")))

    def _keep_records(self, version: ListVersion) -> None:
        """Appends what no version had before, each record under its hash and without the id it goes by."""
        shards: dict[str, dict[str, Entry]] = defaultdict(dict)
        for entry in version.entries:
            content = version.manifest[entry.id]
            shards[content[:2]][content] = entry
        for name, records in shards.items():
            path = self.folder / "records" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            known = {line[:32] for line in path.read_text("utf-8").splitlines()} if path.exists() else set()
            new = [f"{c}{replace(e, id='').to_json().decode()}\n" for c, e in records.items() if c not in known]
            with path.open("a", encoding="utf-8") as file:
                file.writelines(new)

    def _records(self, wanted: set[str]) -> dict[str, Entry]:
        found = {}
        for name in {content[:2] for content in wanted}:
            for line in (self.folder / "records" / name).read_text("utf-8").splitlines():
                if line[:32] in wanted:
                    found[line[:32]] = Entry.from_json(line[32:])
        return found

    def _kept(self, path: Path) -> Kept:
        raw: dict[str, Any] = json.loads(path.read_text("utf-8"))
        in_force = self.current(raw["source"]) == path.stem
        answer = self.answered(raw["source"]) if in_force else None
        checked = datetime.fromisoformat(raw["checked"])
        return Kept(
            id=path.stem, source=raw["source"], format=raw["format"], entries=len(raw["manifest"]),
            names=raw["names"], refused=len(raw["refused"]), since=datetime.fromisoformat(raw["since"]),
            checked=max(checked, answer.at) if answer else checked,
            list_date=date.fromisoformat(raw["list_date"]) if raw["list_date"] else None,
            in_force=in_force,
        )  # fmt: skip

    @staticmethod
    def _write(path: Path, text: str) -> None:
        """Whole or not at all: a reader never sees half a manifest."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(text, "utf-8")
        os.replace(part, path)


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None
