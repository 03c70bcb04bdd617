"""Cheap features of texts that say little of their content."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

_LONGEST = 2_000  # characters of a text that are read, half from its start, half from its end
# Scripts without spaces give a token a character, others one a word.
_TOKEN = re.compile("[\u2e80-\u9fff]|[^\\W\u2e80-\u9fff]+")
_DIGIT = re.compile(r"\d")
_ENDS = (1, 2, 3, 5, 8, 12)  # characters at the start and at the end
_SMALL = 6  # times that a start or end fits into a text of which it is no content
_URL = re.compile(r"https?://|www\.|@\w+\.")
_HTML = re.compile(r"</?[A-Za-z][^<>]*>|&#?\w+;")
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
_SENTENCE = re.compile(r"[.!?\u3002]+(?=\s|$)")
_FREQUENT = {
    "English": "the of and to in is that it was for with as on this but be are you not have",
    "German": "der die und das ist nicht ich zu den mit von auf ein eine sich dem auch es wie wir",
    "French": "le la les de et des est un une que pas pour dans je il qui ce sur du avec",
    "Spanish": "el la los de y que en es un una por con para las del no se lo como pero",
    "Italian": "il di che non la per un una sono con del della è gli lo anche le ma nel questo",
    "Portuguese": "o que de não uma um com para os do da em é mais como mas as dos na por",
    "Dutch": "de het een van en niet dat is zijn voor met op er maar ook ik wat je hij deze",
    "Swedish": "och att det som en är på av för inte med jag den till har ett om var men han",
    "Polish": "nie się na jest do że to jak ale za tak od po co dla ma przez był czy już",
    "Turkish": "bir ve bu da de için çok ama ne gibi o ben var daha mi olarak değil her kadar ki",
}
"""Words that nearly every longer text of a language has."""
_WORDS = {name: frozenset(words.split()) for name, words in _FREQUENT.items()}

WORD, FORM, GUESS = "word", "form", "guess"
"""Kinds of features: what may be content, what hardly is, and what is guessed from a number or from
many different starts or ends, which follow content a little."""


def marks(text: str) -> set[tuple[str, str]]:
    """What a text has or has not, each with its kind and a name for a person.

    Words and pairs of neighbours may be content. Signs, words with digits, and how a text starts
    and ends are form.
    """
    text = _shortened(text)
    words = tokens(text)
    found = {(WORD, f"the word {word!r}") for word in words}
    found.update(
        (WORD, f"the words {f'{a} {b}'!r}") for a, b in zip(words, words[1:], strict=False)
    )
    found.update(
        (FORM, f"words like {_DIGIT.sub('0', word)!r}") for word in words if _DIGIT.search(word)
    )
    for size in _ENDS:
        if size * _SMALL <= len(text) or size == 1:
            found.add((FORM, f"the start {text[:size]!r}"))
            found.add((FORM, f"the end {text[-size:]!r}"))
    signs = {sign for sign in set(text) if not sign.isalnum() and sign != " "}
    found.update((FORM, f"the sign {sign!r}") for sign in signs)
    pairs = {
        a + b for a, b in zip(text, text[1:], strict=False) if not (a.isalnum() or b.isalnum())
    }
    found.update((FORM, f"the signs {pair!r}") for pair in pairs)
    return found


def choices(text: str) -> dict[str, str]:
    """What stands at the start and the end of a text, by a name for a person.

    Of short texts that is not much: the first third of a sentence is content.
    """
    words = tokens(_shortened(text)) or [""]
    found = {"the first word": words[0], "the last word": words[-1]}
    for size in _ENDS[1:]:
        is_small = size * _SMALL <= len(text)
        found[f"the first {size} characters"] = text[:size] if is_small else ""
        found[f"the last {size} characters"] = text[-size:] if is_small else ""
    return found


def preference(name: str) -> tuple[int, int]:
    """How well a name explains what is meant, the lower the better."""
    if "language" in name or (name.endswith("letters") and "capital" not in name):
        return 0, len(name)
    if name.startswith("the word"):
        return 1, len(name)
    if name.startswith(("the start", "the end")):
        return 2, -len(name)
    if name.startswith(("the first", "the last")):
        return 5, len(name)
    return (3 if name.startswith(("the sign", "the lack")) else 4), len(name)


def measures(texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Numbers of form for each text, `(texts,)` each, by a name for a person."""
    rows = [_measure(_shortened(text)) | {"the number of characters": len(text)} for text in texts]
    names = sorted({name for row in rows for name in row})
    return {name: np.array([row.get(name, 0.0) for row in rows], float) for name in names}


def tokens(text: str) -> list[str]:
    """Words, case-folded; in scripts without spaces single characters."""
    return _TOKEN.findall(text.casefold())


def _shortened(text: str) -> str:
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} {text[-half:]}"


def _measure(text: str) -> dict[str, float]:
    words = tokens(text)
    visible = max(len("".join(text.split())), 1)
    letters = [sign for sign in text if sign.isalpha()]
    many = max(len(letters), 1)
    numbers: dict[str, float] = {
        "the number of words": len(words),
        "the number of lines": text.count("\n"),
        "the number of sentences": len(_SENTENCE.findall(text)),
        "the length of words": sum(map(len, words)) / max(len(words), 1),
        "the share of capital letters": sum(map(str.isupper, letters)) / many,
        "the share of digits": sum(map(str.isdigit, text)) / visible,
        "the share of punctuation": sum(not s.isalnum() for s in "".join(text.split())) / visible,
        "the share of white space": 1 - visible / max(len(text), 1),
        "the number of addresses": len(_URL.findall(text)),
        "the number of tags": len(_HTML.findall(text)),
        "the number of emoji": len(_EMOJI.findall(text)),
        "whether the first letter is a capital": float(bool(letters) and letters[0].isupper()),
        "the share of letters with accents": sum("\u00c0" <= s < "\u0250" for s in letters) / many,
    }
    for script, count in Counter(map(_script, letters)).items():
        numbers[f"the share of {script} letters"] = count / many
    found = set(words)
    spoken = {name: len(found & known) for name, known in _WORDS.items()}
    if max(spoken.values()) > 0:
        best = max(spoken, key=lambda name: spoken[name])
        numbers[f"whether the language is {best}"] = 1.0
    return numbers


def _script(letter: str) -> str:
    return unicodedata.name(letter, "UNKNOWN").split()[0].capitalize()
