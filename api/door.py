"""What the door needs: records, the story, and where things lie. Built in run/, handed to `create_app`."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from activities.contract import Party
from activities.notices import Notices
from activities.seams import Webhook
from api.story import Story
from records.codec import KeyRing
from records.database import Database
from records.documents import Documents
from records.effects import Effects
from records.idempotency import Idempotency
from records.journal import Journal
from records.keys import Vault
from records.links import Links
from records.suspicions import Suspicions


@dataclass(frozen=True)
class Door:
    """`secret` is 32 bytes of the door; ids of messages and sign-in cookies are derived from it.

    `provider` is us as the party whom the client agrees with: the same as the deeds print on the agreement.
    `notices` mail new links to clients whose old ones have expired; without them a page says whom to ask. `webhooks`
    read what vendors send, by the vendor's name.
    """

    database: Database
    journal: Journal
    effects: Effects
    documents: Documents
    links: Links
    idempotency: Idempotency
    story: Story
    ring: KeyRing
    secret: bytes
    playbooks: Path
    provider: Party
    public_url: str
    ui_url: str
    inbox_url: str = ""
    namespace: str = "default"
    notices: Notices | None = None
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    suspicions: Suspicions | None = None

    @property
    def vault(self) -> Vault:
        return self.journal.vault

    def run_url(self, case_id: str) -> str:
        """Where an engineer reads the run of a case."""
        return f"{self.ui_url}/namespaces/{self.namespace}/workflows/onboarding-{case_id}"

    def message_id(self, scope: str, key: str) -> str:
        """The id of the message that a request becomes: the same request under the same key is the same message."""
        return "message_" + self.mac("message", f"{scope}\0{key}")[:40]

    def mac(self, purpose: str, value: str) -> str:
        return hmac.new(self.secret, f"{purpose}\0{value}".encode(), sha256).hexdigest()
