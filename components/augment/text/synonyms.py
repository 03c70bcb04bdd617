"""Synonyms of words, from several sources in order."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from components.augment.text.words import affixes


class Source(Protocol):
    """Where synonyms come from."""

    def find(self, words: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Synonyms of each word that the source knows.

        Args:
            words: As `fold` gives them, each once.
        """


class Synonyms:
    """Synonyms of words as they are written; found once.

    Synonyms get the case of the word (`Film`, `FILM`), its Unicode form (Hangul in NFD stays in
    NFD) and the punctuation around it. A stop word has none and is none.

    Args:
        sources: Asked in this order; the first that knows a word is used.
        stop_words: Folded words.
    """

    def __init__(self, sources: Sequence[Source], stop_words: frozenset[str]) -> None:
        self._sources = sources
        self._stop_words = stop_words
        self._folded: dict[str, Sequence[str]] = {}
        self._written: dict[str, tuple[str, ...]] = {}

    def find(self, tokens: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """What may take the place of tokens; empty where nothing may.

        Args:
            tokens: Words with the punctuation around them.

        Returns:
            Has all of the tokens, and those asked for before.
        """
        new = {token: affixes(token) for token in tokens if token not in self._written}
        self._ask({fold(word) for _, word, _ in new.values() if word})
        for token, (before, word, after) in new.items():
            others = self._folded[fold(word)] if word else ()
            made = [f"{before}{restored(other, word)}{after}" for other in others]
            self._written[token] = tuple(dict.fromkeys(made))
        return self._written

    def _ask(self, folded: set[str]) -> None:
        folded -= self._folded.keys()
        open_words = sorted(folded - self._stop_words)
        self._folded |= dict.fromkeys(folded, ())
        for source in self._sources:
            found = source.find(open_words) if open_words else {}
            for word, synonyms in found.items():
                self._folded[word] = [
                    synonym
                    for synonym in synonyms
                    if fold(synonym) != word and fold(synonym) not in self._stop_words
                ]
            open_words = [word for word in open_words if not self._folded[word]]


def fold(word: str) -> str:
    """What two ways of writing a word have in common: Unicode's NFC without case."""
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).casefold())


def restored(other: str, word: str) -> str:
    """Another word in the case and the Unicode form of a word.

    Args:
        other: Lower case where its language has cases.
        word: As it is written: `film`, `Film` or `FILM`, in NFC or NFD.
    """
    if word[0].isupper():
        is_loud = len(word) > 1 and word.isupper()
        other = other.upper() if is_loud else other[:1].upper() + other[1:]
    return unicodedata.normalize("NFC" if unicodedata.is_normalized("NFC", word) else "NFD", other)
