"""Mail addresses: which there are, and the one way to write each.

Written here and not left to a library: names are looked up by whoever delivers, and only a reader who follows a mailed
link has proved an address.
"""

import re

from features.errors import InvalidValue

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
# every alternative begins with a character of its own, so that no input takes more than one pass
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_LONGEST = 254


def valid_address(value: str) -> str:
    """``value`` in small letters; InvalidValue for what no mail server takes.

    >>> valid_address(" Ada@Example.org")
    'ada@example.org'
    """
    bare = value.strip().lower()
    if len(bare) > _LONGEST or not _ADDRESS.fullmatch(bare):
        raise InvalidValue("mail address", value, "a mail address is written name@example.org")
    return bare
