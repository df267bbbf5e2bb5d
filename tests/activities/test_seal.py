import asyncio
import multiprocessing
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pypdf import PdfReader, PdfWriter

from activities.contract import Paper, VisibleMark
from activities.paper import agreement_pdf, certificate_pdf
from activities.vendors.seal import Seal, SealFiles, SealOutOfOrder, seal_document, verify
from onboarding.errors import Unavailable
from run.local import authority
from tests.papers import a_mark, a_record, an_agreement, free_port, text_of

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is the second opinion")
needs_pdfsig = pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig is the third opinion")


@pytest.fixture(scope="module")
def files(pki: Path, stamps_url: str) -> SealFiles:
    return SealFiles.within(pki, stamps_url)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stranger")
    authority.prepare(folder, "Stranger")
    return folder


@pytest.fixture(scope="module")
def paper() -> Paper:
    return agreement_pdf(an_agreement("王小明 محمد"), "en")


@pytest.fixture(scope="module")
def sealed(files: SealFiles, paper: Paper) -> bytes:
    return seal_document(files, paper.pdf, a_mark(paper, "王小明 محمد"))


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


def test_a_seal_reaches_the_level_for_long_term_archives(sealed: bytes, pki: Path) -> None:
    verdict = verify(sealed, pki / "root.pem")

    assert verdict.valid
    assert (verdict.level, verdict.reason, verdict.signer) == ("B-LTA", "ok", "Common Name: Example Seal")
    assert verdict.signed_at
    assert verdict.archived_at
    assert verdict.signed_at <= verdict.archived_at


def test_what_was_presented_is_the_beginning_of_what_was_sealed(sealed: bytes, paper: Paper) -> None:
    assert sealed.startswith(paper.pdf)


def test_the_mark_shows_name_time_and_consent(sealed: bytes) -> None:
    text = text_of(sealed)

    assert "Signed electronically · 2 March 2026, 12:00:00 UTC" in text
    assert "Consent consent_1" in text
    assert text.count("王小明") == 3  # as party, over the box and in it


@needs_openssl
def test_openssl_finds_the_seal_and_both_time_stamps_good(sealed: bytes, pki: Path, tmp_path: Path) -> None:
    seal, archive = _signatures(sealed)
    token, stamped = _stamp_within(seal[0])

    assert _cms_verifies(*seal, pki, tmp_path)
    assert _stamp_verifies(token, stamped, pki, tmp_path)
    assert _stamp_verifies(*archive, pki, tmp_path)


@needs_openssl
def test_openssl_finds_one_changed_byte(sealed: bytes, pki: Path, tmp_path: Path) -> None:
    seal, archive = _signatures(_with_a_changed_byte(sealed, at=3000))

    assert not _cms_verifies(*seal, pki, tmp_path)
    assert not _stamp_verifies(*archive, pki, tmp_path)


@pytest.mark.parametrize("part", range(12))
def test_one_changed_byte_anywhere_breaks_the_seal(sealed: bytes, pki: Path, part: int) -> None:
    changed = _with_a_changed_byte(sealed, at=len(sealed) * part // 12 + 40)

    assert not verify(changed, pki / "root.pem").valid


@needs_pdfsig
def test_pdfsig_finds_the_digest_good_until_a_byte_changes(sealed: bytes, tmp_path: Path) -> None:
    assert "Signature is Valid" in _pdfsig(sealed, tmp_path)
    assert "Digest Mismatch" in _pdfsig(_with_a_changed_byte(sealed, at=3000), tmp_path)


def test_a_page_added_behind_the_seal_is_noticed(sealed: bytes, pki: Path) -> None:
    writer = PdfWriter(BytesIO(sealed), incremental=True)
    writer.add_blank_page()
    longer = BytesIO()
    writer.write(longer)

    assert not verify(longer.getvalue(), pki / "root.pem").valid


def test_the_seal_of_a_stranger_is_whole_but_not_trusted(sealed: bytes, stranger: Path) -> None:
    verdict = verify(sealed, stranger / "root.pem")

    assert verdict.intact
    assert not verdict.trusted


@pytest.mark.parametrize(
    ("pdf", "reason"), [(b"", "unreadable"), (b"%PDF-1.7 and nothing else", "unreadable"), (None, "not_sealed")]
)
def test_what_is_not_sealed_says_so(pdf: bytes | None, reason: str, paper: Paper, pki: Path) -> None:
    verdict = verify(paper.pdf if pdf is None else pdf, pki / "root.pem")

    assert (verdict.valid, verdict.reason) == (False, reason)


def test_a_certificate_is_sealed_without_a_signature(files: SealFiles, paper: Paper, pki: Path) -> None:
    certificate = certificate_pdf(a_record(paper), "es")

    sealed = seal_document(files, certificate.pdf, VisibleMark(provider="Example", place=certificate.seal))

    assert verify(sealed, pki / "root.pem").valid
    assert "events.json" in PdfReader(BytesIO(sealed)).attachments


def test_a_drawn_signature_is_taken_over(files: SealFiles, paper: Paper, pki: Path) -> None:
    sealed = seal_document(files, paper.pdf, a_mark(paper, drawn=_png(300, 100)))

    assert verify(sealed, pki / "root.pem").valid


async def test_papers_are_sealed_in_another_process(files: SealFiles, paper: Paper, pki: Path, pool: Executor) -> None:
    sealed = await Seal(files, pool).seal(paper.pdf, a_mark(paper))

    assert (await asyncio.to_thread(verify, sealed, pki / "root.pem")).valid


async def test_without_a_time_stamp_there_is_no_half_seal_but_another_try(
    pki: Path, paper: Paper, pool: Executor
) -> None:
    nobody = SealFiles.within(pki, f"http://127.0.0.1:{free_port()}/")

    with pytest.raises(Unavailable) as refusal:
        await Seal(nobody, pool).seal(paper.pdf, a_mark(paper))

    assert (refusal.value.code, refusal.value.retryable) == ("unavailable", True)


def test_an_answer_that_is_no_time_stamp_counts_as_none(pki: Path, stamps_url: str, paper: Paper) -> None:
    confused = SealFiles.within(pki, stamps_url + "healthz")

    with pytest.raises(Unavailable):
        seal_document(confused, paper.pdf, a_mark(paper))


def test_an_outdated_revocation_list_stops_sealing_until_it_is_renewed(
    files: SealFiles, paper: Paper, pki: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(pki, tmp_path, dirs_exist_ok=True)
    (tmp_path / "crl.pem").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(authority, "CRL_LIVES", timedelta(minutes=-1))
        authority.prepare(tmp_path)
    outdated = SealFiles.within(tmp_path, files.stamps_url)

    with pytest.raises(SealOutOfOrder):
        seal_document(outdated, paper.pdf, a_mark(paper))
    authority.prepare(tmp_path)

    assert verify(seal_document(outdated, paper.pdf, a_mark(paper)), pki / "root.pem").valid


def _with_a_changed_byte(pdf: bytes, at: int) -> bytes:
    return pdf[:at] + bytes([pdf[at] ^ 0x01]) + pdf[at + 1 :]


def _signatures(pdf: bytes) -> list[tuple[bytes, bytes]]:
    """Each signature of the file, in order: its DER, and the bytes that its ByteRange covers."""
    found = []
    for signature in PdfFileReader(BytesIO(pdf)).embedded_signatures:
        start, length, start2, length2 = map(int, signature.byte_range)
        found.append((signature.pkcs7_content, pdf[start : start + length] + pdf[start2 : start2 + length2]))
    return found


def _stamp_within(seal: bytes) -> tuple[bytes, bytes]:
    """The time stamp over a signature: its token, and the signature value that it covers."""
    signer = cms.ContentInfo.load(seal)["content"]["signer_infos"][0]
    tokens = [value for value in signer["unsigned_attrs"] if value["type"].native == "signature_time_stamp_token"]
    return tokens[0]["values"][0].dump(), signer["signature"].native


def _cms_verifies(der: bytes, content: bytes, pki: Path, scratch: Path) -> bool:
    options = ["-binary", "-cades", "-inform", "DER", "-purpose", "any", "-out", "/dev/null"]
    return _openssl(["cms", "-verify", *options], ["-in", "-content"], der, content, pki, scratch)


def _stamp_verifies(token: bytes, content: bytes, pki: Path, scratch: Path) -> bool:
    return _openssl(["ts", "-verify", "-token_in"], ["-in", "-data"], token, content, pki, scratch)


def _openssl(command: list[str], names: list[str], der: bytes, content: bytes, pki: Path, scratch: Path) -> bool:
    (scratch / "signature.der").write_bytes(der)
    (scratch / "content.bin").write_bytes(content)
    inputs = [names[0], str(scratch / "signature.der"), names[1], str(scratch / "content.bin")]
    finished = subprocess.run(
        ["openssl", *command, *inputs, "-CAfile", str(pki / "root.pem")], capture_output=True, check=False
    )
    return finished.returncode == 0


def _pdfsig(pdf: bytes, scratch: Path) -> str:
    (scratch / "paper.pdf").write_bytes(pdf)
    command = ["pdfsig", "-nocert", str(scratch / "paper.pdf")]
    return subprocess.run(command, capture_output=True, check=False, text=True).stdout


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # eight bits, with transparency
    rows = (b"\x00" + b"\x10\x20\x60\x80" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
