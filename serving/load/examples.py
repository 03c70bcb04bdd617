"""Inputs to ask about: real ones kept by a run, or made up from a signature."""

import dataclasses
import pathlib
from collections.abc import Mapping

import numpy as np

from serving.export import reference
from serving.model import DEFAULT_SIGNATURE, TensorSpec

Arrays = Mapping[str, np.ndarray]

_NUMBERS = {
    "float": np.float32, "double": np.float64, "half": np.float16, "int8": np.int8,
    "int16": np.int16, "int32": np.int32, "int64": np.int64, "uint8": np.uint8,
    "uint16": np.uint16, "uint32": np.uint32, "uint64": np.uint64, "bool": np.bool_,
}  # fmt: skip
_UNKNOWN_SIZE = 16
_WORDS = [
    "the",
    "a",
    "model",
    "table",
    "column",
    "returns",
    "value",
    "of",
    "and",
    "to",
    "in",
    "is",
    "default",
    "array",
    "function",
    "given",
    "if",
    "not",
    "with",
    "number",
    "sample",
    "data",
    "index",
    "rows",
    "training",
    "loss",
    "layer",
    "figure",
    "axis",
    "label",
]


@dataclasses.dataclass(frozen=True)
class Examples:
    """Rows to ask one signature about."""

    inputs: Arrays
    """By input; the first axis is rows, strings are object arrays of bytes."""
    outputs: Arrays
    """What the model answers to them, by output; empty if it is not known."""
    signature: str = DEFAULT_SIGNATURE
    """Name of the signature."""

    @property
    def num_rows(self) -> int:
        """Rows of every input."""
        return min((len(array) for array in self.inputs.values()), default=0)

    def rows(self, start: int, stop: int) -> dict[str, np.ndarray]:
        """Inputs of some rows, from the beginning again after the last.

        Args:
            start: First row.
            stop: Row after the last; may exceed `num_rows`.
        """
        which = np.arange(start, stop) % self.num_rows
        return {name: array[which] for name, array in self.inputs.items()}


def from_reference(path: pathlib.Path, signature: str = DEFAULT_SIGNATURE) -> Examples:
    """Real examples and the trainer's answers to them.

    Args:
        path: Written by `serving.export.reference.save`.
        signature: Which one to ask.

    Raises:
        ValueError: If the file has no such signature.
    """
    known = reference.load(path)
    if signature not in known:
        raise ValueError(f"{path} has no signature {signature!r}. Signatures: {sorted(known)}")
    return Examples(known[signature]["inputs"], known[signature]["outputs"], signature)


def synthetic(
    inputs: Mapping[str, TensorSpec], num_rows: int, rng: np.random.Generator
) -> Examples:
    """Made-up rows: sentences of 3 to 30 words, normal numbers, unknown sizes of 16.

    Args:
        inputs: What the signature `serving_default` takes; rows are their first axis.
        num_rows: How many.
        rng: Randomness.

    Raises:
        ValueError: If an input needs content that cannot be made up, such as an image file.
    """
    return Examples({name: _array(name, spec, num_rows, rng) for name, spec in inputs.items()}, {})


def _array(name: str, spec: TensorSpec, num_rows: int, rng: np.random.Generator) -> np.ndarray:
    if spec.shape is None or not spec.shape:
        raise ValueError(f"Input {name!r} has no axis of rows, so it cannot be asked in batches.")
    if name.endswith("_bytes") or (spec.dtype not in _NUMBERS and spec.dtype != "string"):
        raise ValueError(
            f"Input {name!r} ({spec.dtype}) needs real examples: a file's content cannot be made "
            "up. Measure a model whose run is in the workspace; its real examples are there."
        )
    shape = (num_rows, *(_UNKNOWN_SIZE if size < 0 else size for size in spec.shape[1:]))
    if spec.dtype == "string":
        texts = [_sentence(rng) for _ in range(int(np.prod(shape)))]
        return np.array(texts, object).reshape(shape)
    numbers = rng.normal(size=shape) if spec.dtype in ("float", "double", "half") else None
    return (rng.integers(0, 2, shape) if numbers is None else numbers).astype(_NUMBERS[spec.dtype])


def _sentence(rng: np.random.Generator) -> bytes:
    return " ".join(rng.choice(_WORDS, rng.integers(3, 31))).encode()
