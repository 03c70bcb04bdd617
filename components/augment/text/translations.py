"""Translations that were made before, on disk.

One SQLite file, which several processes may use at once and which a killed process does not
damage: a batch is in it whole or not at all.
"""

import contextlib
import dataclasses
import hashlib
import json
import pathlib
import sqlite3
from collections.abc import Sequence
from typing import Protocol

FILE = "translations.sqlite"
"""Name of the file in the cache's folder."""
_PATIENCE = 600.0
"""How long one process waits for others that write, in seconds."""


@dataclasses.dataclass(frozen=True)
class Sentence:
    """One sentence to translate."""

    text: str
    """The sentence."""
    temperature: float
    """Randomness, at least 0."""
    seed: int
    """What is drawn depends on it, at least 0."""


class Translator(Protocol):
    """What translates."""

    identity: str
    """Differs between any two translators that may give different translations."""

    def translate(self, sentences: Sequence[Sentence]) -> list[str]:
        """Translate a batch of sentences."""


class CachedTranslator:
    """A translator that never translates a sentence twice.

    By the translator's identity, the sentence, the temperature and the seed.

    Args:
        translator: Asked for what is not known yet.
        folder: Of the cache; made if there is none.
        batch_size: Sentences per call of the translator.
    """

    def __init__(self, translator: Translator, folder: pathlib.Path, batch_size: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._translator = translator
        self._file = folder / FILE
        self._batch_size = batch_size
        with _open(self._file) as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS translations "
                "(key BLOB PRIMARY KEY, translation TEXT NOT NULL) WITHOUT ROWID"
            )

    def translate(self, sentences: Sequence[Sentence]) -> list[str]:
        """Translate sentences, those that are known from disk."""
        keys = [self._key(sentence) for sentence in sentences]
        known = self._read(keys)
        new = {
            key: sentence for key, sentence in zip(keys, sentences, strict=True) if key not in known
        }
        pairs = list(new.items())
        for start in range(0, len(pairs), self._batch_size):
            batch = pairs[start : start + self._batch_size]
            made = self._translator.translate([sentence for _, sentence in batch])
            fresh = dict(zip([key for key, _ in batch], made, strict=True))
            self._write(fresh)
            known |= fresh
        return [known[key] for key in keys]

    def _key(self, sentence: Sentence) -> bytes:
        parts = [self._translator.identity, sentence.text, sentence.temperature, sentence.seed]
        return hashlib.sha256(json.dumps(parts).encode()).digest()

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        known = {}
        with _open(self._file) as database:
            for key in keys:
                row = database.execute(
                    "SELECT translation FROM translations WHERE key = ?", (key,)
                ).fetchone()
                if row:
                    known[key] = row[0]
        return known

    def _write(self, fresh: dict[bytes, str]) -> None:
        with _open(self._file) as database, database:
            # Another process may have been faster; the contract makes its translation the same.
            database.executemany("INSERT OR IGNORE INTO translations VALUES (?, ?)", fresh.items())


def _open(file: pathlib.Path) -> contextlib.closing[sqlite3.Connection]:
    """A connection of its own for each use: none survives a fork or is pickled."""
    return contextlib.closing(sqlite3.connect(file, timeout=_PATIENCE))
