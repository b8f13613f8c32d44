"""Tokens in forms, so that no other site's page can post in a reader's name."""

import hashlib
import hmac


class CsrfTokens:
    """One token a browser: a keyed hash of a cookie that other sites can neither read nor set.

    Parameters
    ----------
    secret : key of the HMAC-SHA-256, the same for all servers of a store.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, cookie: str) -> str:
        """The token that goes with the value of the cookie, 64 hex digits."""
        return self._mac("form", cookie)

    def matches(self, cookie: str, token: str) -> bool:
        """Whether ``token`` is the cookie's."""
        return hmac.compare_digest(self.of(cookie).encode(), token.encode("utf-8", "surrogatepass"))

    def requester(self, address: str) -> str:
        """A name for a network address that only this store's servers can make, 64 hex digits."""
        return self._mac("requester", address)

    def _mac(self, use: str, text: str) -> str:
        message = f"{use}\x1f{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()
