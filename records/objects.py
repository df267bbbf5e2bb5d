"""S3, as this room uses it: boto3 in threads, uploads in parts, and never more than a few parts in memory."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from onboarding.errors import NotFound, OnboardingError, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART = 5 * 1024 * 1024  # bytes: the smallest part that S3 takes, but for the last
_ABSENT = {"404", "NoSuchKey", "NotFound"}


class StorageUnavailable(Unavailable):
    """The document store does not answer."""

    code = "storage_unavailable"


class Bucket:
    """Objects in one bucket; errors come as StorageUnavailable, or as NotFound for an object that is not there."""

    def __init__(self, s3: "S3Client", name: str) -> None:
        self._s3 = s3
        self._name = name

    async def ensure(self) -> None:
        """Makes the bucket unless it is there."""
        try:
            await asyncio.to_thread(self._s3.create_bucket, Bucket=self._name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                raise _named(error) from error
        except BotoCoreError as error:
            raise _named(error) from error

    async def put_once(self, key: str, data: bytes) -> None:
        """Stores an object; the first one under a key stays."""
        try:
            await asyncio.to_thread(self._s3.put_object, Bucket=self._name, Key=key, Body=data, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise _named(error) from error
        except BotoCoreError as error:
            raise _named(error) from error

    async def exists(self, key: str) -> bool:
        try:
            await asyncio.to_thread(self._s3.head_object, Bucket=self._name, Key=key)
        except (ClientError, BotoCoreError) as error:
            if isinstance(named := _named(error), NotFound):
                return False
            raise named from error
        return True

    async def keys(self, prefix: str) -> list[str]:
        """The keys that begin with `prefix`, a thousand at most."""
        try:
            answer = await asyncio.to_thread(self._s3.list_objects_v2, Bucket=self._name, Prefix=prefix)
        except (ClientError, BotoCoreError) as error:
            raise _named(error) from error
        return [entry["Key"] for entry in answer.get("Contents", [])]

    async def read(self, key: str, size: int) -> AsyncGenerator[bytes, None]:
        """The object in pieces of at most `size` bytes."""
        try:
            answer = await asyncio.to_thread(self._s3.get_object, Bucket=self._name, Key=key)
            with answer["Body"] as body:
                while piece := await asyncio.to_thread(body.read, size):
                    yield piece
        except (ClientError, BotoCoreError) as error:
            raise _named(error) from error

    async def delete(self, key: str) -> None:
        """Deletes an object; one that is not there is as good as deleted."""
        try:
            await asyncio.to_thread(self._s3.delete_object, Bucket=self._name, Key=key)
        except (ClientError, BotoCoreError) as error:
            raise _named(error) from error

    def upload(self, key: str) -> "Upload":
        return Upload(self._s3, self._name, key)


class Upload:
    """An object that comes in pieces. Until `finish` nothing is there; `abort` leaves nothing behind."""

    def __init__(self, s3: "S3Client", bucket: str, key: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = key
        self._buffer = bytearray()
        self._id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []

    async def write(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= PART:
            await self._part()

    async def finish(self) -> None:
        try:
            if self._id is None:
                body = bytes(self._buffer)
                await asyncio.to_thread(self._s3.put_object, Bucket=self._bucket, Key=self._key, Body=body)
                return
            if self._buffer:
                await self._part()
            await asyncio.to_thread(
                self._s3.complete_multipart_upload,
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._id,
                MultipartUpload={"Parts": self._parts},
            )
        except (ClientError, BotoCoreError) as error:
            raise _named(error) from error

    async def abort(self) -> None:
        self._buffer.clear()
        if self._id is None:
            return
        try:
            await asyncio.to_thread(
                self._s3.abort_multipart_upload, Bucket=self._bucket, Key=self._key, UploadId=self._id
            )
        except (ClientError, BotoCoreError) as error:
            raise _named(error) from error

    async def _part(self) -> None:
        try:
            if self._id is None:
                begun = await asyncio.to_thread(self._s3.create_multipart_upload, Bucket=self._bucket, Key=self._key)
                self._id = begun["UploadId"]
            number, body = len(self._parts) + 1, bytes(self._buffer)
            self._buffer.clear()
            sent = await asyncio.to_thread(
                self._s3.upload_part,
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._id,
                PartNumber=number,
                Body=body,
            )
            self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        except (ClientError, BotoCoreError) as error:
            raise _named(error) from error


def _named(error: ClientError | BotoCoreError) -> OnboardingError:
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in _ABSENT:
        return NotFound(code="object_not_found")
    return StorageUnavailable()
