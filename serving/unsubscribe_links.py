"""Signed addresses that end a subscription; they never go out of date, since old mail is kept."""

import base64
import hashlib
import hmac

from features.addresses import valid_address
from features.errors import InvalidValue

_MAC_BYTES = 16


class UnsubscribeLinks:
    """Makes and reads the tokens.

    Parameters
    ----------
    secret : key of the HMAC-SHA-256, the same for all servers of a store.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, address: str) -> str:
        """What stands in mail to ``address``, as URL-safe text."""
        payload = valid_address(address).encode()
        return base64.urlsafe_b64encode(self._mac(payload) + payload).decode().rstrip("=")

    def read(self, token: str) -> str | None:
        """The address that ``token`` was made for; None for one that this store did not sign."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
            good = hmac.compare_digest(mac, self._mac(payload))
            return valid_address(payload.decode()) if good else None
        except (ValueError, InvalidValue):
            return None

    def _mac(self, payload: bytes) -> bytes:
        return hmac.new(self._secret, b"unsubscribe\x1f" + payload, hashlib.sha256).digest()[:_MAC_BYTES]
