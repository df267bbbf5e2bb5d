"""Uploads as they come in: the file is passed on piece by piece and never kept here, in memory or on a disk."""

import hmac
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header

from onboarding.errors import Invalid, TooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FIELD = 4096  # bytes: the longest field beside the file, a machine-readable zone with room to spare
FIELDS = 10


class BadUpload(Invalid):
    """This is not an upload as we take it: the file must be the last field and have a name."""

    code = "bad_upload"


@dataclass(frozen=True)
class Upload:
    """What came before the file, and the file as a stream that can be read once. `zone` has machine-readable lines."""

    item: str
    media_type: str
    stream: AsyncIterator[bytes]
    zone: tuple[str, ...] = ()
    key: str = ""

    async def digest(self, key: bytes, size: int) -> str:
        """The HMAC of the stream, which is read no further than `size` and one piece more."""
        mac, read = hmac.new(key, digestmod=sha256), 0
        async for piece in self.stream:
            mac.update(piece)
            read += len(piece)
            if read > size:
                break
        return mac.hexdigest()


async def take(request: Request, item: str = "") -> Upload:
    """The upload of this request: multipart, or the file itself as the body with its item in the address."""
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if media_type != b"multipart/form-data":
        return Upload(item, media_type.decode("latin-1"), request.stream())
    boundary = options.get(b"boundary")
    if not boundary:
        raise BadUpload
    parts = _Parts(boundary, request.stream())
    await parts.to_file()
    said = parts.fields
    zone = tuple(line for line in said.get("zone", "").upper().split() if line)[:3]
    return Upload(said.get("item", item), parts.media_type, parts.file(), zone, said.get("key", ""))


class _Parts:
    """Reads fields up to the file, then hands the file's bytes on as they come."""

    def __init__(self, boundary: bytes, source: AsyncIterator[bytes]) -> None:
        self.fields: dict[str, str] = {}
        self.media_type = ""
        self._source = source
        self._pieces: deque[bytes] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._header_name = self._header_value = self._value = b""
        self._name = ""
        self._in_file = self._file_over = False
        self._parser = MultipartParser(boundary, cast("MultipartCallbacks", self._callbacks()))

    async def to_file(self) -> None:
        while not self._in_file and not self._file_over:
            piece = await anext(self._source, None)
            if piece is None:
                raise BadUpload
            self._feed(piece)

    async def file(self) -> AsyncIterator[bytes]:
        while True:
            while self._pieces:
                yield self._pieces.popleft()
            if self._file_over:
                return
            piece = await anext(self._source, None)
            if piece is None:
                raise BadUpload  # it breaks off in the middle
            self._feed(piece)

    def _feed(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise BadUpload from error

    def _callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._header,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._headers, self._value = {}, b""
        if len(self.fields) > FIELDS:
            raise BadUpload

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _header(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options and not self._file_over:
            self._in_file = True
            self.media_type = self._headers.get(b"content-type", b"").decode("latin-1")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._pieces.append(data[start:end])
        elif not self._file_over:
            self._value += data[start:end]
            if len(self._value) > FIELD:
                raise TooLarge

    def _end(self) -> None:
        if self._in_file:
            self._in_file, self._file_over = False, True
        elif not self._file_over:
            self.fields[self._name] = self._value.decode("utf-8", "replace")
