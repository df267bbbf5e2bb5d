"""What an upload really is, told from its bytes while they pass: the type, and whether a PDF is a program."""

import re
import zlib

from onboarding.errors import Invalid

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa")
MEDIA_TYPES = frozenset(
    {"application/pdf", "image/jpeg", "image/jpg", "image/png", "image/heic", "image/heif", "image/webp"}
)
_SAYS_NOTHING = {"", "application/octet-stream", "binary/octet-stream"}

_NAMES = re.compile(rb"/(JavaScript|Launch|RichMedia|EmbeddedFiles?|Encrypt)(?![A-Za-z0-9])")
_REASONS = {
    b"JavaScript": "pdf_with_program",
    b"Launch": "pdf_with_program",
    b"RichMedia": "pdf_with_program",
    b"EmbeddedFile": "pdf_with_attachment",
    b"EmbeddedFiles": "pdf_with_attachment",
    b"Encrypt": "pdf_encrypted",  # nobody could read it, and we could not see what is in it
}
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream(?:\r\n|\n|\r(?!\n))(?=.)", re.DOTALL)
_NAME_OVERLAP = 128  # bytes: the longest name, every letter of it escaped, fits well
_DICTIONARY_OVERLAP = 64 * 1024
_INFLATED_LIMIT = 32 * 1024 * 1024  # bytes of object streams: a bomb is no document
_INFLATED_STEP = 1024 * 1024


class BadDocument(Invalid):
    """This file cannot be taken; the reason code says why."""

    code = "bad_document"


def media_type(start: bytes, declared: str) -> str:
    """The type by the first bytes. BadDocument (`executable`, `unknown_type`, `type_mismatch`) if not ours."""
    kind = _sniffed(start)
    said = declared.partition(";")[0].strip().lower()
    if said not in _SAYS_NOTHING and said not in MEDIA_TYPES:
        raise BadDocument(code="type_mismatch")
    return kind


def _sniffed(start: bytes) -> str:
    for signature, kind in _SIGNATURES:
        if start.startswith(signature):
            return kind
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    if start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS:
        return "image/heic"
    raise BadDocument(code="executable" if start.startswith(_PROGRAMS) else "unknown_type")


class PdfGuard:
    """Reads a PDF as it passes and raises BadDocument as soon as it shows a program, an attachment or encryption.

    Names are looked for in the plain parts and inside compressed object streams, where they are usually hidden, with
    their `#xx` escapes resolved. An object stream that cannot be read is refused.
    """

    def __init__(self) -> None:
        self._plain = _Names()
        self._pending = b""
        self._stream: _ObjectStream | None = None
        self._inflated = 0

    def feed(self, chunk: bytes) -> None:
        self._plain.feed(chunk)
        data = self._pending + chunk
        self._pending = b""
        while data:
            data = self._inflate(data) if self._stream else self._seek(data)

    def close(self) -> None:
        """The file is over; BadDocument when it ends inside an object stream."""
        if self._stream is not None:
            raise BadDocument(code="pdf_unreadable")

    def _seek(self, data: bytes) -> bytes:
        """Goes to the next stream; what is left to read after its keyword."""
        match = _STREAM.search(data)
        if match is None:
            self._pending = data[-_DICTIONARY_OVERLAP:]
            return b""
        dictionary = _unescaped(data[: match.start()])
        if b"/ObjStm" in dictionary and b"/Filter" in dictionary:
            self._stream = _ObjectStream()
        return data[match.end() :]

    def _inflate(self, data: bytes) -> bytes:
        assert self._stream is not None
        before = self._stream.inflated
        rest = self._stream.feed(data, _INFLATED_LIMIT - self._inflated)
        self._inflated += self._stream.inflated - before
        if rest is None:
            return b""
        self._stream = None
        return rest


class _Names:
    """Looks for names in bytes that come in pieces."""

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, piece: bytes) -> None:
        data = self._kept + piece
        match = _NAMES.search(_unescaped(data))
        if match:
            raise BadDocument(code=_REASONS[match.group(1)])
        self._kept = data[-_NAME_OVERLAP:]


class _ObjectStream:
    """Inflates one object stream and looks for names in it."""

    def __init__(self) -> None:
        self.inflated = 0
        self._zlib = zlib.decompressobj()
        self._names = _Names()

    def feed(self, data: bytes, limit: int) -> bytes | None:
        """What follows the stream, once it is over. At most `limit` bytes may come out."""
        start = self.inflated
        while data and not self._zlib.eof:
            try:
                out = self._zlib.decompress(data, _INFLATED_STEP)
            except zlib.error as error:
                raise BadDocument(code="pdf_unreadable") from error
            self._names.feed(out)
            self.inflated += len(out)
            if self.inflated - start > limit:
                raise BadDocument(code="pdf_unreadable")
            data = self._zlib.unconsumed_tail
        return self._zlib.unused_data if self._zlib.eof else None


def _unescaped(data: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: bytes([int(match.group(1), 16)]), data)
