"""Telling a web page from data: what a server sends when it wants a login or has moved."""

import re
from typing import Final

HEAD_BYTES: Final = 4096
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_WEB_PAGE: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b", re.I | re.S
)


def is_web_page(content: bytes) -> bool:
    """Whether this is HTML, by how it begins."""
    return _WEB_PAGE.match(content[:HEAD_BYTES].removeprefix(_BYTE_ORDER_MARK)) is not None
