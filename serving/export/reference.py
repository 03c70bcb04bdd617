"""What a model answered at export time, in one `.npz`, for `serving.probe` to compare with.

NumPy's own string arrays lose trailing NULs and object arrays need pickle, so
strings are stored as one flat uint8 array plus `<key>/lengths`, an int64 array
of the tensor's shape.
"""

import pathlib
from collections.abc import Mapping

import numpy as np

from serving import ragged

Arrays = Mapping[str, np.ndarray]
Reference = Mapping[str, Mapping[str, Arrays]]
"""Arrays by signature, `inputs`, `outputs` or `rounding`, and name. `rounding` holds one number for
each numeric output: by how much rounding alone moves it, at most, on these inputs."""

_KINDS = ("inputs", "outputs", "rounding")
_LENGTHS = "/lengths"


def save(path: pathlib.Path, reference: Reference) -> None:
    """Write inputs and outputs of each signature.

    Args:
        path: File to write, `.npz` by convention.
        reference: Arrays by signature, kind and name; strings as object arrays of bytes. Kinds
            may be left out.

    Raises:
        ValueError: If a kind is none of `inputs`, `outputs` and `rounding`.
    """
    entries: dict[str, np.ndarray] = {}
    for signature, kinds in reference.items():
        unknown = sorted(set(kinds) - set(_KINDS))
        if unknown:
            raise ValueError(
                "A reference holds `inputs`, `outputs` and `rounding`. "
                f"Received for {signature}: {unknown}"
            )
        for kind, arrays in kinds.items():
            for name, array in arrays.items():
                entries |= _pack(f"{signature}/{kind}/{name}", np.asarray(array))
    with path.open("wb") as file:  # Given a path, NumPy would append `.npz` to it.
        np.savez_compressed(file, allow_pickle=False, **entries)


def load(path: pathlib.Path) -> dict[str, dict[str, dict[str, np.ndarray]]]:
    """Read what `save` wrote."""
    reference: dict[str, dict[str, dict[str, np.ndarray]]] = {}
    with np.load(path, allow_pickle=False) as entries:
        names = set(entries.files)
        for key in entries.files:
            if key.endswith(_LENGTHS) and key.removesuffix(_LENGTHS) in names:
                continue
            signature, kind, name = key.split("/", 2)
            array = entries[key]
            if key + _LENGTHS in names:
                array = _unpack(array, entries[key + _LENGTHS])
            kinds = reference.setdefault(signature, {kind: {} for kind in _KINDS})
            kinds[kind][name] = array
    return reference


def with_rounding(answers: Reference, moved: Reference) -> Reference:
    """Note how far the same model's answers, computed with other rounding, are from its answers.

    Args:
        answers: With `inputs` and `outputs`.
        moved: The same with the other rounding.
    """
    return {
        signature: {**kinds, "rounding": _distances(kinds["outputs"], moved[signature]["outputs"])}
        for signature, kinds in answers.items()
    }


def _distances(outputs: Arrays, moved: Arrays) -> dict[str, np.ndarray]:
    return {
        name: _distance(array, moved[name])
        for name, array in outputs.items()
        if array.dtype.kind != "O"
    }


def _distance(array: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """The largest one; where rows of ragged answers have other lengths, of what both have."""
    first, second = (one.astype(np.float64) for one in ragged.common(array, moved))
    return np.nan_to_num(np.abs(first - second)).max(initial=0.0)


def _pack(key: str, array: np.ndarray) -> dict[str, np.ndarray]:
    if array.dtype.kind != "O":
        return {key: array}
    items = array.ravel().tolist()
    lengths = np.array([len(item) for item in items], np.int64).reshape(array.shape)
    return {key: np.frombuffer(b"".join(items), np.uint8), key + _LENGTHS: lengths}


def _unpack(flat: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    joined = flat.tobytes()
    ends = np.cumsum(lengths.ravel()).tolist()
    items = np.empty(lengths.size, object)
    for index, (end, length) in enumerate(zip(ends, lengths.ravel().tolist(), strict=True)):
        items[index] = joined[end - length : end]
    return items.reshape(lengths.shape)
