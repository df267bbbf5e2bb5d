"""What is kept of a signature: sealed in records by the door, read again by the deeds that seal and certify."""

from pydantic import AwareDatetime, Field

from onboarding.case import Strict


class Consent(Strict):
    """The evidence of a consent, in real time. `disclosure_*` name the words that were shown and accepted."""

    name: str = Field(min_length=1, max_length=300, description="as the signer typed it")
    disclosure_version: str
    disclosure_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    accepted_at: AwareDatetime
    opened_at: AwareDatetime | None = Field(default=None, description="when the signer opened the paper, on purpose")
    address: str = Field(default="", max_length=64, description="IP address, or its HMAC")
    device: str = Field(default="", max_length=500, description="user agent")
    drawn: str | None = Field(default=None, max_length=280_000, description="PNG of the drawn signature, in base64")
