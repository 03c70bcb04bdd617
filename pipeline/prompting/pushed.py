"""A language model that `maru run` pushed, asked by its signatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline import paths, pushed_models
from pipeline.prompting import language_model
from serving import piece_text, process, ragged
from serving.model import Predictor

_SCORE, _SAMPLE = "score", "sample"
_PIECE, _LOG, _WINDOWS = "piece", "piece_log_probability", "windows"
_BATCH = 32
"""Texts that are asked about at once."""


class PushedLanguageModel:
    """See `language_model.LanguageModel`.

    Args:
        predictor: The loaded version.
        which: Its name and version.

    Raises:
        ValueError: If it is no language model of this version of the project.
    """

    def __init__(self, predictor: Predictor, which: str):
        self.which = which
        self._predictor = predictor
        known = predictor.signatures
        if not {_SCORE, _SAMPLE} <= known.keys():
            raise ValueError(
                f"`model.name`: {which} is no language model: expected the signatures {_SCORE} and "
                f"{_SAMPLE}. Received: {', '.join(sorted(known))}. Name a model of the task "
                "`language_modeling`."
            )
        if _WINDOWS not in known[_SCORE].outputs:
            raise ValueError(
                f"`model.name`: {which} does not tell whether it read a text at once (`{_WINDOWS}` "
                f"of {_SCORE}). Received: {', '.join(sorted(known[_SCORE].outputs))}. Train it "
                "again with `maru run`."
            )

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        """See `LanguageModel.score`."""
        return language_model.in_batches(pairs, language_model.size_of_pair, _BATCH, self._scored)

    def _scored(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        told = self._pieces([prompt + answer for prompt, answer in pairs])
        return [
            _of_answer(row, len(answer.encode())) if row[_WINDOWS] == 1 else None
            for row, (_, answer) in zip(told, pairs, strict=True)
        ]

    def write(self, prompts: Sequence[str], longest: int) -> list[str | None]:
        """See `LanguageModel.write`; half of what it reads at once is for the prompt."""

        def ask(texts: list[str]) -> list[str | None]:
            return self._written(texts, longest)

        return language_model.in_batches(prompts, len, _BATCH, ask)

    def _written(self, prompts: Sequence[str], longest: int) -> list[str | None]:
        count = len(prompts)
        found = self._predictor.predict(
            _SAMPLE,
            {
                "text": _strings(prompts),
                "temperature": np.zeros(count, np.float32),
                "top_k": np.zeros(count, np.int64),
                "top_p": np.ones(count, np.float32),
                "seed": np.zeros(count, np.int64),
                "longest": np.full(count, longest, np.int64),
            },
        )
        # Of what is longer than it reads, its end is continued.
        sizes = [len(row[_PIECE]) for row in self._pieces(prompts)]
        return [
            text.decode() if read == size else None
            for text, read, size in zip(found["text"], found["read"], sizes, strict=True)
        ]

    def _pieces(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        outputs = [_PIECE, _PIECE + ragged.LENGTH, _LOG, _LOG + ragged.LENGTH, _WINDOWS]
        return ragged.rows(
            self._predictor.predict(_SCORE, {"text": _strings(texts)}, output_filter=outputs)
        )

    def close(self) -> None:
        """See `LanguageModel.close`."""
        self._predictor.close()


def load(where: paths.Paths) -> PushedLanguageModel:
    """The newest version of a pushed model.

    Args:
        where: Folders of the pipeline that pushed it.

    Raises:
        ValueError: If there is none, or it is no language model.
    """
    process.skip_keras()
    newest = pushed_models.newest(where)
    # A folder may be used again for another workspace's version of the same number.
    which = f"{newest.name}, version {newest.version}"
    return PushedLanguageModel(pushed_models.load(newest), which)


def _of_answer(row: dict[str, Any], answer: int) -> float:
    sizes = [len(piece_text.content(piece.decode())) for piece in row[_PIECE]]
    number = language_model.answer_of(sizes, answer)
    return float(np.sum(row[_LOG][-number:], dtype=np.float64))


def _strings(texts: Sequence[str]) -> np.ndarray:
    return np.array([text.encode() for text in texts], object)
