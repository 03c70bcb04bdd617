"""Synonyms that are nearest neighbours among word vectors."""

import gzip
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from components.augment.text.inflections import is_inflection
from components.augment.text.opposites import are_opposites
from components.augment.text.synonyms import fold

_BLOCK = 512
_EMBEDDINGS = "embeddings.word_embeddings.weight"


class Neighbors:
    """Words by the cosine of their vectors, without inflections of the word or of each other.

    English inflections and opposites are left out as far as `inflections.py` and `opposites.py`
    know them.

    Args:
        words: Folded words, each once.
        vectors: `(words, dim)` float32.
        threshold: Smallest cosine of a synonym.
        most: Synonyms of a word at most.
    """

    def __init__(
        self, words: Sequence[str], vectors: np.ndarray, threshold: float, most: int
    ) -> None:
        self._words = words
        self._rows = {word: row for row, word in enumerate(words)}
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        self._directions = vectors / np.maximum(lengths, np.finfo(vectors.dtype).tiny)
        self._threshold = threshold
        self._most = most

    def find(self, words: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Nearest neighbours of each word that has a vector, nearest first."""
        known = [word for word in words if word in self._rows]
        found = {}
        for start in range(0, len(known), _BLOCK):
            block = known[start : start + _BLOCK]
            # Of one shape always, so that a word's cosines do not depend on the others' number.
            asked = np.zeros((_BLOCK, self._directions.shape[1]), self._directions.dtype)
            asked[: len(block)] = self._directions[[self._rows[word] for word in block]]
            cosines = asked @ self._directions.T
            for word, row in zip(block, cosines, strict=False):
                near = np.flatnonzero(row >= self._threshold)
                # By index where cosines are equal, so that the order is always the same.
                near = near[np.argsort(-row[near], kind="stable")]
                found[word] = self._others(word, [self._words[index] for index in near.tolist()])
        return found

    def _others(self, word: str, near: Sequence[str]) -> list[str]:
        others: list[str] = []
        for candidate in near:
            if len(others) == self._most:
                break
            is_known = any(is_inflection(candidate, known) for known in [word, *others])
            if not is_known and not are_opposites(word, candidate):
                others.append(candidate)
        return others


def read_preset(folder: pathlib.Path) -> tuple[list[str], np.ndarray]:
    """Token embeddings of a BERT-like encoder; only tokens that are whole words.

    Args:
        folder: Has `vocab.txt` and `model.safetensors`.

    Returns:
        Words and vectors `(words, dim)` float32.

    Raises:
        ValueError: If the folder has no such files.
    """
    import safetensors

    tokens_file, weights_file = folder / "vocab.txt", folder / "model.safetensors"
    if not (tokens_file.is_file() and weights_file.is_file()):
        raise ValueError(
            "`synonyms: [{kind: vectors, preset: ...}]` needs a folder with vocab.txt and "
            f"model.safetensors of a BERT-like encoder. Received: {folder}"
        )
    tokens = tokens_file.read_text("utf-8").split("\n")
    with safetensors.safe_open(weights_file, framework="numpy") as weights:
        names = [name for name in sorted(weights.keys()) if name.endswith(_EMBEDDINGS)]
        if not names:
            raise ValueError(f"{weights_file} holds no {_EMBEDDINGS}, so it is no BERT.")
        vectors = weights.get_tensor(names[0]).astype(np.float32)
    rows = [row for row, token in enumerate(tokens) if token.isalpha() and len(token) > 1]
    return [tokens[row] for row in rows], vectors[rows]


def read_file(path: pathlib.Path) -> tuple[list[str], np.ndarray]:
    """Word vectors in a text file, one word and its numbers a line.

    Args:
        path: GloVe's, word2vec's or fastText's text format, plain or `.gz`.

    Raises:
        ValueError: If the file cannot be read, or a line has not as many numbers as the first.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    found: dict[str, np.ndarray] = {}
    dim = None
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                fields = line.rstrip().split(" ")
                if number == 1 and len(fields) == 2:
                    continue  # word2vec and fastText begin with the counts.
                dim = dim or len(fields) - 1
                word, vector = _entry(fields, dim, f"Line {number} of the word vectors {path}")
                found.setdefault(word, vector)
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise ValueError(
            f"The word vectors {path} cannot be read: {error}. Expected UTF-8 text, plain or .gz; "
            "paths are relative to the YAML."
        ) from error
    if not found:
        raise ValueError(f"The word vectors {path} are empty.")
    return list(found), np.stack(list(found.values()))


def _entry(fields: Sequence[str], dim: int, where: str) -> tuple[str, np.ndarray]:
    """Folded word, which may hold spaces, and vector of one line."""
    try:
        if len(fields) <= dim:
            raise ValueError(f"only {len(fields)} fields")
        return fold(" ".join(fields[:-dim])), np.array(fields[-dim:], np.float32)
    except ValueError as error:
        raise ValueError(f"{where} is not a word and {dim} numbers: {error}.") from error
