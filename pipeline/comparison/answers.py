"""Answers of a model to the evaluated examples, as the task's metrics take them."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.tasks import answers as model_answers
from models.tasks.task import Metric
from serving import ragged

FILE = "outputs.npz"
"""File that keeps what `Answers.save` writes."""
_ABOUT, _OUTPUT = "about", "output_"
"""In that file: JSON of targets and words; arrays by output."""


@dataclasses.dataclass(frozen=True)
class Answers:
    """What a model said about every evaluated example, in one order for all models."""

    targets: Mapping[str, Sequence[Any]]
    """By column, of each example: a label, a tuple of labels or a number."""
    outputs: Mapping[str, np.ndarray]
    """By name, `(examples, ...)`; text as text."""

    def __len__(self) -> int:
        """Number of examples."""
        return len(next(iter(self.targets.values())))

    def has(self, metric: Metric) -> bool:
        """Whether these answers have what a metric reads; a simple model has no probabilities."""
        return set(metric.reads) <= set(self.outputs)

    def statistics(self, metric: Metric) -> np.ndarray:
        """A metric's numbers of each example, `(examples, k)`."""
        return metric.stack(
            [
                metric.statistics(
                    {column: values[place] for column, values in self.targets.items()},
                    {name: self.outputs[name][place] for name in metric.reads},
                )
                for place in range(len(self))
            ]
        )

    def figures(self, metrics: Sequence[Metric]) -> dict[str, float]:
        """Figures by name, of those metrics that these answers have everything for."""
        return {m.name: m.figure(self.statistics(m)) for m in metrics if self.has(m)}

    def save(self, path: pathlib.Path) -> None:
        """Write everything into one file that a reader never sees half written."""
        # Text as numbers of words: answers of many labels repeat them in every example.
        words: dict[str, int] = {}
        arrays = {
            _OUTPUT + name: _numbered(values, words) if _is_text(values) else values
            for name, values in self.outputs.items()
        }
        about = {
            "targets": {column: list(values) for column, values in self.targets.items()},
            "texts": [name for name, values in self.outputs.items() if _is_text(values)],
            "words": list(words),
        }
        arrays[_ABOUT] = np.array(json.dumps(about))
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{os.getpid()}.{path.name}")
        np.savez_compressed(temporary, allow_pickle=False, **arrays)
        temporary.replace(path)


def load(path: pathlib.Path) -> Answers:
    """Read what `Answers.save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        about = json.loads(str(arrays[_ABOUT]))
        outputs = {name.removeprefix(_OUTPUT): arrays[name] for name in arrays if name != _ABOUT}
    words = np.array(about["words"], dtype=object)
    outputs |= {name: words[outputs[name]] for name in about["texts"]}
    targets = {
        column: [_tuples(one) for one in values] for column, values in about["targets"].items()
    }
    return Answers(targets, outputs)


def of_rows(targets: Mapping[str, Sequence[Any]], rows: Sequence[Mapping[str, Any]]) -> Answers:
    """Answers that come example by example.

    Args:
        targets: By column, of each example.
        rows: Outputs by name of each example, all of the same names and numbers of axes.
    """
    plain = [model_answers.plain(row) for row in rows]
    return Answers(
        targets, ragged.concatenate([{n: v[None] for n, v in row.items()} for row in plain])
    )


def _tuples(value: Any) -> Any:
    """JSON's lists as tuples, those in them too."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _is_text(values: np.ndarray) -> bool:
    return values.dtype.kind in "OU"


def _numbered(values: np.ndarray, words: dict[str, int]) -> np.ndarray:
    """Each word's number; new words are added to those that have one."""
    numbers = [words.setdefault(word, len(words)) for word in values.reshape(-1).tolist()]
    return np.array(numbers, np.int64).reshape(values.shape)
