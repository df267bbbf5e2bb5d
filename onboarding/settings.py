"""Every setting of Aboard. Read once, at the edge (worker, API server, command line); everybody else gets values.

An environment variable is `ABOARD_` and the path to the field: `ABOARD_PORT_API`, `ABOARD_S3_ENDPOINT`. An address or
key that is not set follows from the ports and the state folder, as `aboard up` lays them out; in production set it.
"""

import json
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_PROJECT = Path(__file__).resolve().parent.parent
_UNSET = Path()


class Ports(BaseModel):
    """The loopback ports of the servers that `aboard up` starts."""

    temporal: int = Field(7233, description="Temporal")
    temporal_ui: int = Field(8233, description="Temporal UI")
    postgres: int = Field(5433, description="PostgreSQL")
    s3: int = Field(8333, description="S3; its inner parts take the nine ports after it")
    smtp: int = Field(1025, description="mail sink")
    inbox: int = Field(8025, description="inbox page of the mail sink")
    calendar: int = Field(5232, description="CalDAV")
    directory: int = Field(8081, description="SCIM directory")
    stamps: int = Field(8082, description="time-stamping authority")
    api: int = Field(8000, description="the API and its pages")
    metrics: int = Field(9464, description="the worker's metrics")


class Engine(BaseModel):
    """Temporal. TLS and API keys come from Temporal's own environment configuration (`TEMPORAL_…`)."""

    address: str = Field("", description="host:port of the frontend")
    namespace: str = Field("default", description="namespace")
    ui_url: str = Field("", description="where engineers read the runs")


class Database(BaseModel):
    """PostgreSQL, as libpq URIs."""

    url: SecretStr = Field(SecretStr(""), description="the application's role, which owns no table")
    owner_url: SecretStr = Field(SecretStr(""), description="the role that owns the tables and migrates")
    directory_url: SecretStr = Field(SecretStr(""), description="database of the SCIM directory")
    admin_url: SecretStr = Field(SecretStr(""), description="superuser of the local server; production has none")


class S3(BaseModel):
    endpoint: str = Field("", description="URL of the S3 endpoint")
    region: str = Field("us-east-1", description="region")
    bucket: str = Field("aboard", description="bucket for documents and agreements")
    access_key: str = Field("", description="access key id")
    secret_key: SecretStr = Field(SecretStr(""), description="secret access key")


class Company(BaseModel):
    """Who takes clients aboard: the name on letters and agreements."""

    name: str = Field("Meridian Services", description="name of the company")
    product: str = Field("Meridian", description="what clients are given")
    lines: list[str] = Field(["1 Harbour Street", "Dublin 1", "Ireland"], description="address, line by line")
    registration: str = Field("IE 000000", description="registration number")
    contact: str = Field("onboarding@aboard.example", description="address that clients write to")


class Mail(BaseModel):
    """Outgoing mail by SMTP."""

    host: str = Field("127.0.0.1", description="SMTP host")
    port: int = Field(0, description="SMTP port")
    username: str = Field("", description="empty: no sign-in")
    password: SecretStr = Field(SecretStr(""), description="password of the user")
    start_tls: bool = Field(False, description="whether STARTTLS is demanded")
    sender: str = Field("Aboard <onboarding@aboard.example>", description="From of every mail")
    team: str = Field("{role}@aboard.example", description="mailbox of a role, such as reviewer")
    inbox_url: str = Field("", description="page of the mail sink, if there is one")


class Directory(BaseModel):
    """The SCIM 2.0 service that holds the accounts."""

    url: str = Field("", description="base URL, as far as /Users")
    token: SecretStr = Field(SecretStr(""), description="bearer token")


class Calendar(BaseModel):
    """The CalDAV service that holds the meetings."""

    url: str = Field("", description="URL of the principal's collections")
    username: str = Field("aboard", description="user")
    password: SecretStr = Field(SecretStr(""), description="password")


class Keys(BaseModel):
    """Key files, each readable by their owner only."""

    master: Path = Field(_UNSET, description="32 bytes that wrap every client's data keys")
    kms: str = Field("", description="KMS key, by id or ARN, that wraps them instead; AWS settings say where")
    codec: Path = Field(_UNSET, description='Temporal payload keys: {"current": kid, "keys": {kid: base64}}')
    door: Path = Field(_UNSET, description='Ed25519 key that signs messages: {"kid", "private": base64}')
    door_trust: Path = Field(_UNSET, description="public keys that workers trust: {kid: base64}")
    door_hmac: Path = Field(_UNSET, description="32 bytes under which link tokens are made")
    journal: Path = Field(_UNSET, description='Ed25519 key that signs journal heads: {"kid", "private": base64}')
    journal_trust: Path = Field(_UNSET, description="public keys of journal heads: {kid: base64}")
    suspicions: Path = Field(_UNSET, description="32 bytes that reports of suspicion are under; for the API alone")
    names: Path = Field(_UNSET, description="32 bytes under which keys of clients' names are kept for look-backs")


class Seal(BaseModel):
    """Certificates for sealing agreements."""

    pki: Path = Field(_UNSET, description="folder with the sealing key, its chain and revocation lists")
    stamps_url: str = Field("", description="RFC 3161 time-stamping authority")


class Kyc(BaseModel):
    list_file: Path = Field(_UNSET, description="watchlist in the format of OFAC's sdn.csv")
    sources: Path = Field(_UNSET, description="lists to keep fresh (YAML: name, files, format, required, oldest_days)")
    refresh_minutes: int = Field(60, ge=1, description="how often the sources are asked for news")
    lists: Path = Field(_UNSET, description="folder of the kept versions of lists")
    policies: Path = Field(_PROJECT / "kyc" / "policies", description="folder of rating policies (YAML)")


class Identity(BaseModel):
    """A vendor who checks identities. Off by default: then documents are read here, and nothing leaves the house."""

    vendor: Literal["", "onfido"] = Field("", description="`onfido`, or empty: no vendor")
    region: Literal["eu", "us", "ca"] = Field("eu", description="where it keeps what it is told: `eu`, `us` or `ca`")
    token: SecretStr = Field(SecretStr(""), description="API token")
    workflow: str = Field("", description="id of the Studio workflow that each person goes through")
    webhook_secret: SecretStr = Field(SecretStr(""), description="token that its webhooks are signed with")


class Media(BaseModel):
    """A search for adverse media. Off by default; switched on, the names of the parties go outside, and only they."""

    vendor: Literal["", "gdelt"] = Field("", description="`gdelt`, or empty: no search")
    url: str = Field("https://api.gdeltproject.org/api/v2/doc/doc", description="address of its API")


class Registry(BaseModel):
    """A registry of companies. Off by default; switched on, LEIs and registration numbers of companies go outside."""

    vendor: Literal["", "gleif"] = Field("", description="`gleif`, or empty: no registry is asked")
    url: str = Field("https://api.gleif.org/api/v1", description="address of its API")


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="ABOARD_", env_nested_delimiter="_", env_nested_max_split=1, hide_input_in_errors=True
    )

    home: Path = Field(Path(".aboard"), description="folder that holds the state of `aboard up`")
    public_url: str = Field("", description="base URL of links in mails and pages")
    listen_host: str = Field("127.0.0.1", description="address on which the API listens")
    metrics_address: str = Field("", description="host:port where the worker serves metrics to Prometheus; empty: none")
    port: Ports = Ports()
    temporal: Engine = Engine()
    database: Database = Database()
    s3: S3 = S3()
    company: Company = Company()
    mail: Mail = Mail()
    directory: Directory = Directory()
    calendar: Calendar = Calendar()
    keys: Keys = Keys()
    seal: Seal = Seal()
    kyc: Kyc = Kyc()
    identity: Identity = Identity()
    media: Media = Media()
    registry: Registry = Registry()

    @model_validator(mode="after")
    def _follow(self) -> Self:
        """Fill in what is not set from the ports and from the files that `aboard up` keeps under home."""
        self.home = self.home.absolute()
        for group, values in self._local().items():
            settings = getattr(self, group)
            for name, value in values.items():
                if name not in settings.model_fields_set:
                    setattr(settings, name, value)
        self.public_url = self.public_url or _http(self.port.api)
        return self

    def _local(self) -> dict[str, dict[str, object]]:
        home, port, keys = self.home, self.port, self.home / "keys"
        s3: dict[str, str] = json.loads(_stored(keys / "s3.json") or "{}")
        return {
            "temporal": {"address": f"127.0.0.1:{port.temporal}", "ui_url": _http(port.temporal_ui)},
            "database": {
                "url": self._postgres("aboard_app", "aboard"),
                "owner_url": self._postgres("aboard_owner", "aboard"),
                "directory_url": self._postgres("aboard_owner", "directory"),
                "admin_url": self._postgres("postgres", "postgres"),
            },
            "s3": {
                "endpoint": _http(port.s3),
                "access_key": s3.get("access_key", ""),
                "secret_key": SecretStr(s3.get("secret_key", "")),
            },
            "mail": {"port": port.smtp, "inbox_url": _http(port.inbox)},
            "directory": {
                "url": _http(port.directory) + "/scim/v2",
                "token": SecretStr(_stored(keys / "directory.token")),
            },
            "calendar": {
                "url": _http(port.calendar) + "/",
                "password": SecretStr(_stored(keys / "calendar.password")),
            },
            "keys": {
                "master": keys / "master.key",
                "codec": keys / "codec.json",
                "door": keys / "door.json",
                "door_trust": keys / "door-trust.json",
                "door_hmac": keys / "door-hmac.key",
                "journal": keys / "journal.json",
                "journal_trust": keys / "journal-trust.json",
                "suspicions": keys / "suspicions.key",
                "names": keys / "names.key",
            },
            "seal": {"pki": home / "pki", "stamps_url": _http(port.stamps)},
            "kyc": {
                "list_file": home / "lists" / "sdn.csv",
                "sources": home / "lists" / "sources.yaml",
                "lists": home / "lists",
            },
        }

    def _postgres(self, role: str, database: str) -> SecretStr:
        """The password stays in libpq's password file, so no address that is passed on carries it."""
        passwords = self.home / "keys" / "pgpass"
        return SecretStr(f"postgresql://{role}@127.0.0.1:{self.port.postgres}/{database}?passfile={passwords}")


def _http(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _stored(file: Path) -> str:
    """What `aboard up` generated into this file; nothing before its first start."""
    return file.read_text() if file.exists() else ""
