"""Texts whose bytes were decoded by another encoding than they were written in."""

import functools
import re
import unicodedata

_SINGLE = (
    *("latin-1", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "iso8859-2"),
    *("mac_roman", "cp437", "cp850", "cp866", "koi8_r"),
)
"""Encodings of a byte a character that UTF-8 is taken for."""
_DOUBLE = ("cp949", "gb18030", "cp932", "big5")
"""The same, of two bytes a character."""
_RUN = re.compile(r"([A-Za-z]?)([^\x00-\x7f]{2,})([A-Za-z]?)")
_LONG = 4
"""Letters in a row that no language writes with diacritics alone: Latin ones beyond ASCII."""
_LATIN = re.compile(r"[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192]{4,}")
_WRITTEN = re.compile(
    "[\u00a0-\u017f\u0370-\u052f\u0590-\u06ff\u0900-\u0eff\u1e00-\u1fff\u2000-\u27ff"
    "\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\ufe0f\uff00-\uffef\U0001f300-\U0001faff]+"
)
"""What people write beyond ASCII; the rest of Unicode comes out where a text was right before."""
_MIXED = re.compile(
    "[a-z][\u3400-\u9fff\uac00-\ud7a3\uff61-\uff9f]{1,3}[a-z]|[\uac00-\ud7a3][\u4e00-\u9fff]{1,2}[\uac00-\ud7a3]"
)
"""Scripts that no word mixes like this."""
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_FEWEST = 3  # characters of an East Asian text that must come out
_BROKEN = 0.34  # share of what comes out that may be broken, by what was lost on the way
_SYLLABLE = re.compile("[\uac00-\ud7a3]")
_RARE = 0.2
"""Share of Hangul syllables outside KS X 1001 from which a text is no Korean: of 11,172 syllables
the standard's 2,350 make up nearly all of what is written."""


def mend(text: str) -> tuple[str, str] | None:
    """Find characters that came from decoding by the wrong encoding.

    Args:
        text: Any.

    Returns:
        The first such run of characters and what it was, empty if that is not certain; None if
        there is none. UTF-8 that was read as another encoding is known by this: its bytes are
        valid UTF-8 again, which those of other texts hardly ever are.
    """
    for before, run, after in _RUN.findall(text):
        mended = _original(run, bool(before or after))
        if mended is not None:
            return before + run + after, (before + mended + after) if mended else ""
    mixed = _MIXED.findall(text)
    if len(mixed) > 1:
        return mixed[0], ""
    syllables = _SYLLABLE.findall(text)
    # Python's codec writes the others in eight bytes, by their letters.
    rare = [syllable for syllable in syllables if len(syllable.encode("euc_kr")) > 2]
    if len(rare) > 1 and len(rare) >= _RARE * len(syllables):
        return "".join(rare), ""
    return None


@functools.lru_cache(maxsize=100_000)
def _original(run: str, in_word: bool) -> str | None:
    """What a run of characters beyond ASCII was; empty if it is damaged beyond that, None if not.

    Args:
        run: At least two characters.
        in_word: Whether an ASCII letter stands next to it.
    """
    for codec in _SINGLE:
        mended = _decoded(run, codec)
        if mended is not None and _is_likely(run, mended, in_word):
            return mended
    for codec in _DOUBLE:
        if _encodes(run, codec):
            mended = run.encode(codec).decode("utf-8", "replace")
            good = len(_EAST_ASIAN.findall(mended))
            if good >= _FEWEST and mended.count("\ufffd") <= _BROKEN * len(mended):
                return mended
    # Cyrillic, Greek, Chinese or Korean in an encoding of their own, read as Latin letters.
    long = [part for part in _LATIN.findall(run) if sum(map(str.isalpha, part)) >= len(part) / 3]
    return "" if long else None


def _is_likely(run: str, mended: str, in_word: bool) -> bool:
    if not _WRITTEN.fullmatch(mended):
        return False
    if not run.isalpha() or all("LATIN" in unicodedata.name(c, "") for c in run if c.isalpha()):
        return True
    # Two letters of another script may happen to be valid UTF-8: not in a word of Latin letters.
    return in_word or len(run) >= _LONG


@functools.cache
def _bytes(codec: str) -> dict[int, int]:
    """Characters to bytes; a byte that the encoding leaves out is the control of its number."""
    found = {byte: byte for byte in range(0x80, 0x100)}
    for byte in range(0x80, 0x100):
        character = bytes([byte]).decode(codec, "ignore")
        if character:
            found[ord(character)] = byte
    return found


def _decoded(run: str, codec: str) -> str | None:
    table = _bytes(codec)
    codes = [table.get(ord(character)) for character in run]
    if None in codes:
        return None
    try:
        return bytes(code for code in codes if code is not None).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _encodes(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
