"""As much of HTTP/2's header compression (RFC 7541) as a gRPC client needs.

The client tells the server to keep no dynamic table, so every header block
stands for itself, and of the answer only the status is of interest.
"""

import functools
from collections.abc import Iterator, Sequence

from serving import errors

# Appendix B, Huffman codes: the digits, and `grpc-status` as a whole.
_DIGITS = {
    "00000": "0", "00001": "1", "00010": "2", "011001": "3", "011010": "4",
    "011011": "5", "011100": "6", "011101": "7", "011110": "8", "011111": "9",
}  # fmt: skip
_STATUS_NAME = b"grpc-status"
_STATUS_NAME_HUFFMAN = bytes.fromhex("9acac8b21234da8f")
_MESSAGE_NAMES = (b"grpc-message", bytes.fromhex("9acac8b5254207317f"))
# The table has them in the order of their numbers.
_CODES = dict(enumerate(errors.HTTP_STATUS))

String = tuple[bytes, bool]
"""Octets, and whether they are Huffman-coded."""


def encode(headers: Sequence[tuple[str, str]]) -> bytes:
    """Headers as literals that are not to be remembered, none longer than 126 bytes."""
    parts = []
    for pair in headers:
        parts.append(b"\x00")
        for text in pair:
            octets = text.encode("ascii")
            if len(octets) > 126:
                raise ValueError(f"Headers have at most 126 bytes. Received: {text!r}")
            parts += [bytes([len(octets)]), octets]
    return b"".join(parts)


@functools.lru_cache(maxsize=256)
def status(block: bytes) -> tuple[str, str] | None:
    """Code, such as `UNAVAILABLE`, and message of a trailer; None if the block has no status.

    Cached, because without a table all successes of a server end in the same bytes.
    """
    code, message = None, ""
    for name, (octets, is_huffman) in _fields(block):
        if name in (_STATUS_NAME, _STATUS_NAME_HUFFMAN):
            number = _digits(octets) if is_huffman else octets.decode("ascii", "replace")
            code = _CODES.get(int(number), number) if number.isdecimal() else number
        elif name in _MESSAGE_NAMES and not is_huffman:
            message = octets.decode("utf-8", "replace")
    return None if code is None else (code, message)


def _fields(block: bytes) -> Iterator[tuple[bytes, String]]:
    at = 0
    while at < len(block):
        first = block[at]
        if first & 0x80:  # Name and value by number in the static table, which has none of gRPC's.
            _, at = _integer(block, at, 7)
        elif first & 0x20 and not first & 0x40:  # A new size of the dynamic table.
            _, at = _integer(block, at, 5)
        else:  # A literal value.
            number, at = _integer(block, at, 6 if first & 0x40 else 4)
            name = b""
            if not number:
                (name, _), at = _string(block, at)
            value, at = _string(block, at)
            yield name, value


def _integer(block: bytes, at: int, bits: int) -> tuple[int, int]:
    mask = (1 << bits) - 1
    value = block[at] & mask
    at += 1
    if value < mask:
        return value, at
    shift = 0
    while True:
        octet = block[at]
        at += 1
        value += (octet & 0x7F) << shift
        shift += 7
        if not octet & 0x80:
            return value, at


def _string(block: bytes, at: int) -> tuple[String, int]:
    is_huffman = bool(block[at] & 0x80)
    length, at = _integer(block, at, 7)
    return (block[at : at + length], is_huffman), at + length


def _digits(octets: bytes) -> str:
    bits = "".join(f"{octet:08b}" for octet in octets)
    text, code = "", ""
    for bit in bits:
        code += bit
        if code in _DIGITS:
            text, code = text + _DIGITS[code], ""
    return text
