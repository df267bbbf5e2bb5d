"""A decision as a bundle that an auditor verifies with nothing but the bundle and our public keys.

The same content gives the same bytes (stored, sorted, without times), so any byte that was changed, added or cut off is
found: the bundle is built again from what it holds and compared.
"""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.ext.asyncio import AsyncSession

from activities.replaying import ratings_of, screenings_of
from kyc import risk_policy
from kyc.evidence import Matrix
from kyc.lists import Entry
from kyc.screening.replay import Past
from onboarding.errors import OnboardingError
from records import basis, chain, house_journal, policies, reviews, signals
from records.chain import Signature
from records.journal import Journal
from records.policies import PolicyRow
from records.sealing import Content, client_id_of

Files = dict[str, bytes]
_SIGNED = ("manifest.json", "signature.json")
_DAY = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP knows: no time of making is in it


async def gather(session: AsyncSession, journal: Journal, decision_id: str) -> bytes:
    """The bundle. NotFound for a decision that is not known; Erased when the client's key is gone."""
    row = await basis.basis(session, decision_id)
    content, key = await basis.content(session, journal.vault, decision_id)
    decided = next(each for each in await reviews.decisions(session, row.case_id) if each.id == decision_id)
    bundle: Files = {
        "README.md": (files("activities") / "templates" / "dossier.md").read_bytes(),
        "decision.json": _json(decided.model_dump(mode="json")),
        "basis.json": _json({**row.model_dump(mode="json"), "key": key, "content": content}),
        "keys.json": _json({chain.key_id(public): _base64(public) for public in journal.public}),
        "journal.jsonl": "".join([line async for line in journal.export(session, row.case_id)]).encode(),
        "house.jsonl": "".join(await house_journal.export(session, journal)).encode(),
    }
    for signal in await signals.of_client(session, await client_id_of(session, row.case_id)):
        shown = await signals.evidence(session, journal.vault, signal.id)
        bundle[f"signals/{signal.id}.json"] = _json({**signal.model_dump(mode="json"), "evidence": shown})
    for party, answer in _answers(content).items():
        bundle[f"registry/{party}.json"] = str(answer["answer"]).encode()
    pasts = screenings_of(content)
    for past in pasts:
        for entry, record in past.records.items():
            bundle[f"records/{entry.replace(':', '/')}.json"] = _json(record)
    used = {past.screening.policy for past in pasts} | {one.policy for one in ratings_of(content)}
    for hash_ in sorted(used):
        bundle[f"policies/{hash_}.json"] = _json((await policies.policy(session, hash_)).model_dump(mode="json"))
    return _sealed(journal, row.case_id, bundle)


def verify(raw: bytes, trusted: Sequence[Ed25519PublicKey]) -> list[str]:
    """Everything that is wrong with a bundle, as codes; an empty list is the proof that it is whole and unchanged."""
    try:
        bundle = _open(raw)
        faults = [] if _zipped(bundle) == raw else ["bytes_changed"]
        return [*faults, *_unsigned(bundle, trusted), *_wrong(bundle, trusted)]
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile, OnboardingError) as error:
        return [f"unreadable: {type(error).__name__}"]


def keys_in(raw: bytes) -> dict[str, str]:
    """The public keys that a bundle brings along: to be compared with published ones before they are believed."""
    said: dict[str, str] = json.loads(_open(raw)["keys.json"])
    return said


def _sealed(journal: Journal, case_id: str, bundle: Files) -> bytes:
    manifest = _manifest(case_id, bundle)
    signed = journal.sign(case_id, len(bundle), _sha(manifest), "dossier")
    signature = _json({"case": case_id, "files": len(bundle), "signer": signed.key, "signature": signed.value})
    return _zipped(bundle | {"manifest.json": manifest, "signature.json": signature})


def _manifest(case_id: str, bundle: Mapping[str, bytes]) -> bytes:
    return _json({"case": case_id, "files": {name: _sha(bundle[name]) for name in sorted(bundle)}})


def _unsigned(bundle: Files, trusted: Sequence[Ed25519PublicKey]) -> Iterable[str]:
    """Files that are not as the manifest says, and a manifest that nobody we trust has signed."""
    said = json.loads(bundle["manifest.json"])
    signed = json.loads(bundle["signature.json"])
    held = {name: content for name, content in bundle.items() if name not in _SIGNED}
    for name in sorted(said["files"].keys() | held.keys()):
        if name not in held or _sha(held[name]) != said["files"].get(name):
            yield f"file_changed: {name}"
    head = Signature(_sha(bundle["manifest.json"]), signed["signer"], signed["signature"])
    if not chain.Walk(signed["case"], trusted).signed(head, int(signed["files"]), "dossier"):
        yield "signature"


def _wrong(bundle: Files, trusted: Sequence[Ed25519PublicKey]) -> Iterable[str]:
    """What does not hold together: the chains, the basis in the chain, records and policies by their hashes."""
    for name in ("journal.jsonl", "house.jsonl"):
        for fault in chain.verify_export(io.StringIO(bundle[name].decode()), trusted):
            yield f"{name}: entry {fault.seq}: {fault.code}"
    said = json.loads(bundle["basis.json"])
    digest = basis.digest(said["content"], said["key"])
    lines = [json.loads(line) for line in bundle["journal.jsonl"].decode().splitlines()]
    if f"basis:{said['decision_id']}:{digest}" not in {line.get("key") for line in lines}:
        yield "basis_not_in_journal"
    for past in screenings_of(said["content"]):
        yield from _records_wrong(past)
    yield from _answers_wrong(bundle, said["content"])
    for name in sorted(bundle):
        if name.startswith("policies/"):
            policy = PolicyRow.model_validate_json(bundle[name])
            if _hash_of(policy) != policy.hash or name != f"policies/{policy.hash}.json":
                yield f"policy_changed: {name}"


def _records_wrong(past: Past) -> Iterable[str]:
    for hit in past.screening.hits:
        record = past.records.get(hit.entry)
        if record is None or Entry.from_raw(record).hash != hit.content:
            yield f"record_changed: {hit.entry}"


def _answers(content: Content) -> dict[str, Content]:
    """By party, what registries answered when the client was examined last, with the hash that was noted then."""
    return _part(content, "registry")


def _part(content: Content, name: str) -> dict[str, Content]:
    match content.get("evidence"):
        case {"content": dict(examined)}:
            return dict(examined.get(name) or {})
    return {}


def _answers_wrong(bundle: Files, content: Content) -> Iterable[str]:
    """Answers that are not those that were noted, and cells that cite one that is not here."""
    answers = _answers(content)
    for party, answer in answers.items():
        if _sha(bundle[f"registry/{party}.json"]) != answer["sha256"]:
            yield f"answer_changed: {party}"
    for party, table in _part(content, "matrices").items():
        cited = {said.answer for said in Matrix.model_validate(table).statements if said.answer}
        if cited - {answers[party]["sha256"] if party in answers else None}:
            yield f"answer_missing: {party}"


def _hash_of(policy: PolicyRow) -> str:
    """Of a screening policy that of its text; that of a risk policy needs its parts."""
    if policy.kind == "risk":
        return risk_policy.unpack(policy.content).hash
    return hashlib.sha256(policy.content.encode()).hexdigest()[:32]


def _zipped(bundle: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(bundle):
            archive.writestr(zipfile.ZipInfo(name, _DAY), bundle[name])
    return out.getvalue()


def _open(raw: bytes) -> Files:
    """Our bundles are stored as they are: what says that it is packed or locked was changed."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if any(file.compress_type != zipfile.ZIP_STORED or file.flag_bits & _LOCKED for file in archive.infolist()):
            raise zipfile.BadZipFile
        return {name: archive.read(name) for name in archive.namelist()}


_LOCKED = 1


def _json(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True, default=str).encode() + b"\n"


def _base64(public: Ed25519PublicKey) -> str:
    return base64.b64encode(public.public_bytes_raw()).decode()


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
