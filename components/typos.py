"""Labels that look like another one with a typing error."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping

_MOST_LABELS = 5_000
"""Labels beyond which nobody typed them by hand one by one."""
_LONGEST = 80
_SHORTEST = 5
"""Letters from which one wrong letter leaves a word recognisable; Hangul counts by jamo."""
_SHORTEST_PLURAL = 3
# A slip is rare against what it was meant to be: a few rows against five times as many, or more.
_FEW, _TIMES_FEW, _TIMES = 3, 5, 20
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")
_HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7a3]")
_SLIP, _PLURAL = "perhaps a typing error", "singular and plural"
_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_TAILS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_JAMO = {
    start + place: letter
    for start, row in ((0x1100, _LEADS), (0x1161, _VOWELS), (0x11A8, _TAILS))
    for place, letter in enumerate(row)
}

_Words = tuple[str, ...]


def letters(form: str) -> str:
    """Text with Hangul syllables taken apart into the letters that keys have."""
    if not _HANGUL.search(form):
        return form
    apart = "".join(
        unicodedata.normalize("NFD", c) if "\uac00" <= c <= "\ud7a3" else c for c in form
    )
    return apart.translate(_JAMO)


def find(rows: Mapping[str, int], train: Mapping[str, int]) -> Iterator[tuple[list[str], str]]:
    """Pairs of a label and one of which it may be a misspelling, and what differs.

    A misspelling has one letter too many, too few or wrong, or two exchanged, not the first of its
    word; and it is much rarer, or no training row has it. Numbers and single letters are never
    compared, and a label close to several is one of a series.

    Args:
        rows: Rows of each label.
        train: Training rows of each label.
    """
    if len(rows) > _MOST_LABELS:
        return
    near = defaultdict(set)
    for first, second in _candidates(rows):
        near[first].add(second)
        near[second].add(first)
    for label in rows:
        if len(near[label]) != 1:
            continue
        (other,) = near[label]
        if _may_be_slip(label, other, rows, train):
            is_plural = {label.casefold(), other.casefold()} & _plurals(label, other)
            yield [other, label], _PLURAL if is_plural else _SLIP


def _may_be_slip(label: str, other: str, rows: Mapping[str, int], train: Mapping[str, int]) -> bool:
    times = _TIMES_FEW if rows[label] <= _FEW else _TIMES
    is_new = bool(train.get(other)) and not train.get(label)
    return rows[label] * times <= rows[other] or is_new


def _plurals(label: str, other: str) -> set[str]:
    return {word.casefold() + "s" for word in (label, other)}


def _candidates(labels: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Pairs of labels that differ in one letter of one word, each once."""
    places: dict[tuple[_Words, int, str], list[tuple[str, str]]] = defaultdict(list)
    for label in labels:
        words = _words(label) if len(label) <= _LONGEST else ()
        for place, word in enumerate(words):
            if len(word) >= _SHORTEST_PLURAL and not word[0].isdigit():
                others = (*words[:place], *words[place + 1 :])
                # Words that one edit turns into each other share a form with a letter left out.
                for form in {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}:
                    places[others, place, form].append((label, word))
    seen = set()
    for found in places.values():
        for index, (first, word) in enumerate(found):
            for second, other in found[:index]:
                if (first, second) not in seen and _is_one_slip(word, other):
                    seen.add((first, second))
                    yield first, second


def _words(label: str) -> _Words:
    parts = _TOKEN.findall(_HUMP.sub(" ", unicodedata.normalize("NFKC", label)))
    return tuple(letters(part.casefold()) for part in parts)


def _is_one_slip(word: str, other: str) -> bool:
    """Whether one letter differs, or two neighbours are exchanged; never the first letter."""
    short, long = sorted((word, other), key=len)
    if short == long or short[0] != long[0] or len(long) - len(short) > 1:
        return False
    if long in (short + "s",):
        return True
    if len(short) < _SHORTEST:
        return False
    start = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), None)
    if start is None:
        return True
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    is_exchanged = short[start : start + 2] == long[start : start + 2][::-1]
    return short[start + 1 :] == long[start + 1 :] or (
        is_exchanged and short[start + 2 :] == long[start + 2 :]
    )
