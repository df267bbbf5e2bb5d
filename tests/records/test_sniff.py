"""What an upload really is, and PDFs that are programs, however they hide it."""

import zlib

import pytest

from records.sniff import BadDocument, PdfGuard, media_type

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"%PDF-1.4", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
    ],
)
def test_the_bytes_tell_the_type(start: bytes, kind: str) -> None:
    assert media_type(start, "application/octet-stream") == kind


@pytest.mark.parametrize(
    ("start", "declared", "reason"),
    [
        (b"MZ\x90\x00", "application/pdf", "executable"),
        (b"\x7fELF\x02", "image/png", "executable"),
        (b"#!/bin/sh\n", "image/jpeg", "executable"),
        (b"<html>", "application/pdf", "unknown_type"),
        (b"\x00\x00\x00\x18ftypisom", "image/heic", "unknown_type"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "image/webp", "unknown_type"),
        (b"%PDF-1.4", "text/html; charset=utf-8", "type_mismatch"),
        (b"x", "", "unknown_type"),
    ],
)
def test_what_is_none_of_ours_is_refused(start: bytes, declared: str, reason: str) -> None:
    with pytest.raises(BadDocument) as refused:
        media_type(start, declared)

    assert refused.value.reason == reason


def _guard(data: bytes, size: int) -> None:
    guard = PdfGuard()
    for start in range(0, len(data), size):
        guard.feed(data[start : start + size])
    guard.close()


def _object_stream(content: bytes, dictionary: bytes = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode") -> bytes:
    packed = zlib.compress(content)
    length = str(len(packed)).encode()
    return PDF + b"2 0 obj\n<< " + dictionary + b" /Length " + length + b" >>\nstream\r\n" + packed + b"\nendstream\n"


ACTIVE = {
    "javascript": (PDF + b"<< /S /JavaScript /JS (app.alert(1)) >>", "pdf_with_program"),
    "launch": (PDF + b"<< /S /Launch /F (cmd.exe) >>", "pdf_with_program"),
    "escaped name": (PDF + b"<< /S /J#61va#53cript /JS (x) >>", "pdf_with_program"),
    "every letter escaped": (PDF + b"/" + b"".join(b"#%02x" % c for c in b"JavaScript"), "pdf_with_program"),
    "attachment": (PDF + b"<< /Type /EmbeddedFile >>", "pdf_with_attachment"),
    "encrypted": (PDF + b"trailer << /Encrypt 5 0 R >>", "pdf_encrypted"),
    "in an object stream": (_object_stream(b"1 0 << /S /JavaScript /JS (x) >>" + b" " * 5000), "pdf_with_program"),
    "in an object stream, escaped": (
        _object_stream(b"1 0 << /S /L#61unch >>", b"/Type /Obj#53tm /Fi#6cter /FlateDecode"),
        "pdf_with_program",
    ),
    "in the second object stream": (
        _object_stream(b"1 0 << /Harmless true >>") + _object_stream(b"1 0 << /S /Launch >>"),
        "pdf_with_program",
    ),
    "unreadable object stream": (
        PDF + b"2 0 obj << /Type /ObjStm /Filter /LZWDecode >>\nstream\nnot deflated\nendstream",
        "pdf_unreadable",
    ),
    "cut off": (_object_stream(b"1 0 << /Harmless true >>" * 900)[:-60], "pdf_unreadable"),
    "a bomb": (_object_stream(b"\0" * (40 * 1024 * 1024)), "pdf_unreadable"),
}


@pytest.mark.parametrize("size", [7, 64, 262_144])
@pytest.mark.parametrize("which", ACTIVE)
def test_a_pdf_that_is_a_program_is_refused_wherever_its_chunks_are_cut(which: str, size: int) -> None:
    data, reason = ACTIVE[which]

    with pytest.raises(BadDocument) as refused:
        _guard(data, size)

    assert refused.value.reason == reason


@pytest.mark.parametrize("size", [7, 64, 262_144])
@pytest.mark.parametrize(
    "data",
    [
        PDF,
        _object_stream(b"1 0 << /Type /Page >>" * 2000),
        PDF + b"<< /Length 9 >>\nstream\n" + bytes(range(256)) * 20 + b"\nendstream\n%%EOF",
        PDF + b"<< /JavaScriptish true /EncryptMetadata false >>",
        PDF + b"2 0 obj << /Type /ObjStm /Length 9 >>\nstream\n1 0 <<>>\nendstream\n",
        PDF + b"endstream",
    ],
)
def test_a_harmless_pdf_passes(data: bytes, size: int) -> None:
    _guard(data, size)
