"""Cursors: a signed (list, offset), so that a page continues the very list it began."""

import base64
import hashlib
import hmac

from features.errors import InvalidValue

_MAC_BYTES = 16


class CursorSigner:
    """Makes and reads cursors with one secret of the store, so that any server reads any other's.

    Parameters
    ----------
    secret : key of the HMAC-SHA-256.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, owner: str, list_id: str, offset: int) -> str:
        """The cursor of position ``offset`` (0-based) of ``list_id``, good for ``owner`` only."""
        payload = f"{list_id}:{offset}".encode()
        return base64.urlsafe_b64encode(self._mac(owner, payload) + payload).decode().rstrip("=")

    def read(self, owner: str, cursor: str) -> tuple[str, int]:
        """(list id, offset) of ``cursor``; InvalidValue when this store did not sign it for ``owner``."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            list_id, _, offset = raw[_MAC_BYTES:].decode().rpartition(":")
            found = list_id, int(offset)
        except ValueError:  # of base64, UTF-8 and int alike
            found = "", -1
        # Signing again also refuses other spellings of the same bytes.
        if not hmac.compare_digest(self.sign(owner, *found).encode(), cursor.encode()):
            raise InvalidValue("cursor", cursor, "not a cursor of this list; start again without one")
        return found

    def _mac(self, owner: str, payload: bytes) -> bytes:
        message = f"{owner}\x1f".encode() + payload
        return hmac.new(self._secret, message, hashlib.sha256).digest()[:_MAC_BYTES]
