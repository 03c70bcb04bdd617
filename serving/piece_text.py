"""What pieces of words stand for, as SentencePiece writes them."""

import re

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
"""How a piece is named that is one byte."""


def content(piece: str) -> bytes:
    """The bytes of text that a piece stands for: `▁` is a space, `<0x0A>` a byte."""
    byte = _BYTE.fullmatch(piece)
    return bytes([int(byte[1], 16)]) if byte else piece.replace("▁", " ").encode()
