"""A dossier proves a decision without us; whatever was changed in it is found."""

import io
import json
import zipfile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activities.dossier import gather, verify
from tests.activities.desk import Desk, identified, listed
from tests.activities.test_basis import decided


async def bundle(desk: Desk) -> bytes:
    decision = await decided(desk, await identified(desk, listed()))
    async with desk.database.session() as session:
        return await gather(session, desk.journal, decision)


def changed(raw: bytes, name: str, old: str, new: str) -> bytes:
    """The bundle packed again, with something else in one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as before, zipfile.ZipFile(out, "w") as after:
        for info in before.infolist():
            content = before.read(info)
            if info.filename == name:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode(), 1)
            after.writestr(info, content)
    return out.getvalue()


async def test_a_dossier_is_proved_by_the_public_keys_alone(desk: Desk) -> None:
    assert verify(await bundle(desk), desk.journal.public) == []


async def test_it_holds_the_inputs_the_records_of_the_hits_and_the_policies(desk: Desk) -> None:
    with zipfile.ZipFile(io.BytesIO(await bundle(desk))) as archive:
        names = archive.namelist()
        basis = json.loads(archive.read("basis.json"))

    asked = basis["content"]["screenings"][0]["evidence"]["asked"]
    assert asked["names"][0] == "Viktor Antonovich Markov"
    assert any(name.startswith("records/ofac-sdn/") for name in names)
    assert len([name for name in names if name.startswith("policies/")]) == 2
    assert any(name.startswith("signals/signal_") for name in names)


async def test_each_changed_byte_is_found(desk: Desk) -> None:
    raw = await bundle(desk)

    missed = [place for place in range(0, len(raw), 31) if not verify(_flipped(raw, place), desk.journal.public)]

    assert missed == []


def _flipped(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


async def test_a_bundle_that_was_packed_again_with_other_words_names_the_file(desk: Desk) -> None:
    raw = changed(await bundle(desk), "decision.json", '"approve"', '"reject"')

    assert verify(raw, desk.journal.public) == ["file_changed: decision.json"]


async def test_a_bundle_signed_by_somebody_else_is_not_believed(desk: Desk) -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()

    assert "signature" in verify(await bundle(desk), [stranger])


async def test_a_bundle_with_one_more_byte_or_file_is_found(desk: Desk) -> None:
    raw, more = await bundle(desk), io.BytesIO()
    more.write(raw)
    with zipfile.ZipFile(more, "a") as archive:
        archive.writestr("note.txt", "and this")

    assert verify(raw + b"\n", desk.journal.public) == ["bytes_changed"]
    assert "file_changed: note.txt" in verify(more.getvalue(), desk.journal.public)


async def test_what_is_no_bundle_is_said_to_be_unreadable() -> None:
    assert verify(b"PK no", []) == ["unreadable: BadZipFile"]
