"""The hash chain of a journal and its proof, with no database: what an auditor needs to check an export."""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

GENESIS = "0" * 64


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: at which entry, and a code (`entry_changed`, `order`, `missing`, `head`, `end`, …)."""

    case: str
    seq: int
    code: str


@dataclass(frozen=True)
class Signature:
    """A signed head: the hash that it vouches for, the id of the key, the signature in base64."""

    hash: str
    key: str
    value: str


@dataclass(frozen=True)
class Entry:
    case: str
    seq: int
    actor: str
    what: str
    reason: str | None
    effect: str | None
    key: str | None
    story: datetime
    at: datetime
    detail: str | None  # SHA-256 of the ciphertext
    previous: str

    @property
    def content(self) -> dict[str, str | int | None]:
        return {
            "case": self.case, "seq": self.seq, "actor": self.actor, "what": self.what, "reason": self.reason,
            "effect": self.effect, "key": self.key, "story": _instant(self.story), "at": _instant(self.at),
            "detail": self.detail, "previous": self.previous,
        }  # fmt: skip

    @property
    def hash(self) -> str:
        return sha256(_canonical(self.content)).hexdigest()


def digest(sealed: bytes | None) -> str | None:
    return None if sealed is None else sha256(sealed).hexdigest()


def key_id(public: Ed25519PublicKey) -> str:
    return sha256(public.public_bytes_raw()).hexdigest()[:16]


def sign(signer: Ed25519PrivateKey, case: str, seq: int, tip: str, kind: str = "head") -> Signature:
    value = base64.b64encode(signer.sign(_head(case, seq, tip, kind))).decode()
    return Signature(tip, key_id(signer.public_key()), value)


@dataclass
class Walk:
    """Takes the entries of one case in order and gathers what does not fit."""

    case: str
    public: Sequence[Ed25519PublicKey]
    tip: str = GENESIS
    seq: int = 0
    faults: list[Fault] = field(default_factory=list)

    def take(self, entry: Entry, stored: str, sealed: bytes | None, head: Signature | None) -> None:
        """`stored` is the hash kept beside the entry, `sealed` its ciphertext, `head` the signed head."""
        if entry.seq != self.seq + 1 or entry.case != self.case:
            self._fault(entry.seq, "missing" if entry.seq > self.seq else "order")
        if entry.previous != self.tip:
            self._fault(entry.seq, "chain_broken")
        if entry.hash != stored or entry.detail != digest(sealed):
            self._fault(entry.seq, "entry_changed")
        if head is None or head.hash != stored or not self.signed(head, entry.seq, "head"):
            self._fault(entry.seq, "head")
        self.seq, self.tip = entry.seq, stored

    def end(self, length: int) -> list[Fault]:
        """`length` is how many entries there have to be."""
        if self.seq < length:
            self._fault(length, "tail_missing")
        if self.seq > length:
            self._fault(self.seq, "more_than_counted")
        return self.faults

    def signed(self, head: Signature, seq: int, kind: str) -> bool:
        return any(
            key_id(public) == head.key and _verifies(public, head.value, _head(self.case, seq, head.hash, kind))
            for public in self.public
        )

    def _fault(self, seq: int, code: str) -> None:
        self.faults.append(Fault(self.case, seq, code))


def export_line(entry: Entry, stored: str, sealed: bytes | None, head: Signature | None) -> str:
    line = {
        **entry.content,
        "hash": stored,
        "sealed": None if sealed is None else base64.b64encode(sealed).decode(),
        "signer": head.key if head else None,
        "signature": head.value if head else None,
    }
    return json.dumps(line, ensure_ascii=False) + "\n"


def export_end(signer: Ed25519PrivateKey, case: str, seq: int, tip: str) -> str:
    end = sign(signer, case, seq, tip, "end")
    return json.dumps({"end": seq, "case": case, "hash": tip, "signer": end.key, "signature": end.value}) + "\n"


def verify_export(lines: Iterable[str], public: Ed25519PublicKey | Sequence[Ed25519PublicKey]) -> list[Fault]:
    """Every fault in an export (an open text file does); an empty list is the proof that it is whole and unchanged."""
    keys = [public] if isinstance(public, Ed25519PublicKey) else list(public)
    walk: Walk | None = None
    for number, line in enumerate(lines, 1):
        try:
            read = json.loads(line)
            walk = walk or Walk(read["case"], keys)
            if "end" in read:
                return _ended(walk, read)
            _take(walk, read)
        except (ValueError, KeyError, TypeError):
            return [*(walk.faults if walk else []), Fault(walk.case if walk else "", number, "unreadable")]
    return [*(walk.faults if walk else []), Fault(walk.case if walk else "", walk.seq if walk else 0, "end")]


def _take(walk: Walk, read: dict[str, str]) -> None:
    entry = Entry(
        read["case"], int(read["seq"]), read["actor"], read["what"], read["reason"], read["effect"], read["key"],
        datetime.fromisoformat(read["story"]), datetime.fromisoformat(read["at"]), read["detail"], read["previous"],
    )  # fmt: skip
    sealed = None if read["sealed"] is None else base64.b64decode(read["sealed"], validate=True)
    walk.take(entry, read["hash"], sealed, Signature(read["hash"], read["signer"], read["signature"]))


def _ended(walk: Walk, read: dict[str, str]) -> list[Fault]:
    end = Signature(read["hash"], read["signer"], read["signature"])
    if not walk.signed(end, int(read["end"]), "end") or (int(read["end"]) == walk.seq and end.hash != walk.tip):
        walk.faults.append(Fault(walk.case, int(read["end"]), "end"))
    return walk.end(int(read["end"]))


def _head(case: str, seq: int, tip: str, kind: str) -> bytes:
    return _canonical({"kind": kind, "case": case, "seq": seq, "hash": tip})


def _verifies(public: Ed25519PublicKey, signature: str, message: bytes) -> bool:
    try:
        public.verify(base64.b64decode(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _canonical(content: dict[str, str | int | None]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
