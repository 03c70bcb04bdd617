"""Strings in which places are easily counted wrongly."""

import unicodedata
from collections.abc import Sequence

import numpy as np

ODD = [
    "Ada",
    "👩🏽‍💻 Ada 👍🏽서울🇰🇷",
    unicodedata.normalize("NFD", "서울에서 Żuk 만났다"),
    "\tAda\r\n\u3000서울\u00a0",
    "Ada\u200bTuring\ufeff",
    "\u202eTuring\u202c A\u0301da",
    "Ada " * 200 + "in 서울",
    "x" * 5000 + " Ada",
    "null",
    "' OR 1=1 --",
    "<b>Ada</b>",
    "𝔄𝔡𝔞 Ⅳ ﷽ ß",
    "서" + "\u0301" * 40 + "울",
    ".",
]


def some(words: Sequence[str], drawn: int = 60) -> list[str]:
    """Odd strings, alone and put together at random with words."""
    random = np.random.default_rng(5)
    pieces = [*ODD[:6], *ODD[8:], *words]
    return [*ODD, *("".join(random.choice(pieces, 1 + n % 5)) for n in range(drawn))]
