"""Random texts that open something: given out once, kept as their SHA-256."""

import hashlib
import secrets

BYTES = 32


def new_secret(prefix: str = "") -> str:
    """A new one, 256 random bits in URL-safe letters."""
    return prefix + secrets.token_urlsafe(BYTES)


def digest_of(plain: str) -> str:
    """64 hex digits to keep and to look up; any text has one."""
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
