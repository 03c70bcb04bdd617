"""Rows of several callers into one array and back; NumPy only.

Source of the rules and texts: TensorFlow Serving,
`batching/batching_session.cc` and `batching_util.cc`, `.h`.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from serving import errors


def count(feeds: Mapping[str, np.ndarray]) -> int:
    """Rows of one caller's inputs.

    Raises:
        ServingError: If they have no rows or not the same number of them.
    """
    if not feeds:
        raise errors.invalid_argument("Batching Run() must have at least one input tensor")
    if any(array.ndim == 0 for array in feeds.values()):
        raise errors.invalid_argument(
            "Batching Run() input tensors must have at least one dimension"
        )
    sizes = {len(array) for array in feeds.values()}
    if len(sizes) > 1:
        raise errors.invalid_argument(
            "Batching Run() input tensors must have equal 0th-dimension size"
        )
    return sizes.pop()


def merge(
    name: str, arrays: Sequence[np.ndarray], num_padding: int, pad_lengths: bool
) -> np.ndarray:
    """Stack one input of several callers.

    Args:
        name: Of the tensor, for the errors.
        arrays: All of one dtype, each with at least one axis.
        num_padding: Rows to add: copies of the first row of the last array that has rows.
        pad_lengths: Whether the other axes are filled up to the longest.

    Returns:
        Array of all rows; the very one that came in if nothing is to be done.

    Raises:
        ServingError: If the shapes do not fit together.
    """
    if len({array.shape[1:] for array in arrays}) > 1:
        if not pad_lengths:
            raise _different_shapes(name)
        arrays = _pad_lengths(name, arrays)
    if num_padding:
        last = next(array for array in reversed(arrays) if len(array))
        arrays = [*arrays, np.broadcast_to(last[:1], (num_padding, *last.shape[1:]))]
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def check_outputs(outputs: Sequence[np.ndarray], num_rows: int) -> None:
    """Make sure that each output has a row for each input row.

    Raises:
        ServingError: FAILED_PRECONDITION if the model answers otherwise.
    """
    for output in outputs:
        if output.ndim == 0:
            raise errors.ServingError(
                "FAILED_PRECONDITION", "Batched output tensor has 0 dimensions"
            )
        if len(output) != num_rows:
            raise errors.ServingError(
                "FAILED_PRECONDITION",
                "Batched output tensor's 0th dimension does not equal the sum of the 0th "
                "dimension sizes of the input tensors",
            )


def _pad_lengths(name: str, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    ranks = {array.ndim for array in arrays}
    if len(ranks) > 1:
        raise errors.ServingError(
            "FAILED_PRECONDITION",
            f"Tensors with name '{name}' from different tasks have different numbers of "
            f"dimensions, {sorted(ranks)}, which padding cannot make equal. Ensure that all "
            "tensors with the same name have the same number of dimensions.",
        )
    lengths = np.max([array.shape[1:] for array in arrays], axis=0)
    return [_pad(array, lengths) for array in arrays]


def _pad(array: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    shape = (len(array), *lengths)
    if shape == array.shape:
        return array
    if array.size == 0:
        raise errors.invalid_argument("Got empty tensor in batch of non-empty tensors.")
    padded = np.full(shape, array.flat[0], array.dtype)
    padded[tuple(slice(length) for length in array.shape)] = array
    return padded


def _different_shapes(name: str) -> errors.ServingError:
    return errors.ServingError(
        "FAILED_PRECONDITION",
        f"Tensors with name '{name}' from different tasks have different shapes and padding is "
        "turned off. Set pad_variable_length_inputs to true, or ensure that all tensors with the "
        "same name have equal dimensions starting with the first dim.",
    )
