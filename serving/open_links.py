"""Signed addresses behind titles: following one records that one reader opened one paper, and nothing else.

The token says who, what and from where; it cannot be made or changed by anybody else, and what it leads to is looked up
from the paper's id, so that it never leads anywhere but to a known paper.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LIFETIME = timedelta(days=30)
"""After this a link still leads to its paper, and records nothing."""

PREFETCH = timedelta(seconds=10)
"""A mailed link that is followed sooner after delivery was followed by a machine."""

_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class OpenLink:
    """What following a link says; ``surface`` is ``page``, ``mail`` or ``feed``."""

    user_id: str
    paper_id: str
    surface: str
    issued_at: datetime
    slate_id: str | None = None
    position: int | None = None

    def expired(self, at: datetime) -> bool:
        """Whether it is too old to record anything."""
        return not self.issued_at <= at + PREFETCH or at - self.issued_at > LIFETIME

    def prefetched(self, at: datetime) -> bool:
        """Whether a mail program looked at the link, rather than a person."""
        return self.surface == "mail" and at - self.issued_at < PREFETCH


class OpenLinks:
    """Makes and reads the tokens.

    Parameters
    ----------
    secret : key of the HMAC-SHA-256, the same for all servers of a store.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, link: OpenLink) -> str:
        """``link`` as URL-safe text."""
        issued = int(link.issued_at.timestamp())
        said = [link.user_id, link.paper_id, link.surface, issued, link.slate_id, link.position]
        payload = json.dumps(said, separators=(",", ":"), ensure_ascii=True).encode()
        return base64.urlsafe_b64encode(self._mac(payload) + payload).decode().rstrip("=")

    def read(self, token: str) -> OpenLink | None:
        """The link that ``token`` was made from; None for one that this store did not sign."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(payload)):
            return None
        user_id, paper_id, surface, issued, slate_id, position = json.loads(payload)
        return OpenLink(user_id, paper_id, surface, datetime.fromtimestamp(issued, UTC), slate_id, position)

    def _mac(self, payload: bytes) -> bytes:
        return hmac.new(self._secret, b"open\x1f" + payload, hashlib.sha256).digest()[:_MAC_BYTES]
