"""Arrays to JSON, byte for byte as TensorFlow Serving writes them.

Source: TensorFlow Serving, `util/json_tensor.cc` (`WriteDecimal`,
`MakeRowFormatJsonFromTensors`, `MakeColumnarFormatJsonFromTensors`), which
writes through RapidJSON's `PrettyWriter`. Its odd newline before the `]` of
`predictions` is copied, too.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring

import numpy as np

from serving import errors
from serving.rest.json import numbers

_INDENT = "    "
_WRITABLE = {
    "float32", "float64", "bool",
    "int8", "int16", "int32", "int64", "uint8", "uint32", "uint64",
}  # fmt: skip
_ESCAPES = {code: f"\\u{code:04X}" for code in range(0x20)} | str.maketrans(
    {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
)
# TensorFlow's names where they differ from NumPy's.
_TYPE_NAMES = {"float16": "half"}


def write_error(text: str) -> bytes:
    """The JSON body of a failed request."""
    return _encode(f'{{\n{_INDENT}"error": {quote(text)}\n}}')


def write_rows(outputs: Mapping[str, np.ndarray]) -> bytes:
    """Outputs as one JSON value per example, for requests with `instances`.

    Args:
        outputs: Arrays of the same first size, by alias.

    Raises:
        ServingError: If an output is a scalar, or sizes or types do not allow it.
    """
    batch = _batch_size(outputs)
    if len(outputs) == 1:
        [(name, array)] = outputs.items()
        return _encode(f'{{\n{_INDENT}"predictions": [{_rows(name, array)}{_close(batch)}\n}}')
    columns = [(quote(name), _row_values(name, array, 3)) for name, array in outputs.items()]
    margin = _INDENT * 3
    objects = []
    for index in range(batch):
        members = f",\n{margin}".join(f"{name}: {values[index]}" for name, values in columns)
        objects.append(f"{_INDENT * 2}{{\n{margin}{members}\n{_INDENT * 2}}}")
    body = ("\n" + ",\n".join(objects)) if objects else ""
    return _encode(f'{{\n{_INDENT}"predictions": [{body}{_close(batch)}\n}}')


def write_columns(outputs: Mapping[str, np.ndarray]) -> bytes:
    """Outputs as one JSON value per alias, for requests with `inputs`.

    Raises:
        ServingError: If JSON has no form for an output's type.
    """
    if len(outputs) == 1:
        [(name, array)] = outputs.items()
        return _encode(f'{{\n{_INDENT}"outputs": {_column_value(name, array, 1)}\n}}')
    margin = _INDENT * 2
    members = [
        f"{margin}{quote(name)}: {_column_value(name, array, 2)}" for name, array in outputs.items()
    ]
    joined = ",\n".join(members)
    return _encode(f'{{\n{_INDENT}"outputs": {{\n{joined}\n{_INDENT}}}\n}}')


def write_classes(labels: np.ndarray | None, scores: np.ndarray | None) -> bytes:
    """Classes as one list of label and score pairs per example.

    Args:
        labels: Bytes, shape (batch, classes); None writes empty labels.
        scores: float32, shape (batch, classes); None writes zeros.

    Raises:
        ServingError: If there are no examples.
    """
    shape = next(array.shape for array in (labels, scores) if array is not None)
    if not shape[0]:
        raise errors.invalid_argument("Cannot convert empty ClassificationResults to JSON")
    names, values = ['""'] * math.prod(shape), ["0.0"] * math.prod(shape)
    if labels is not None:
        names = _texts("classes", labels, 0)
    if scores is not None:
        values = numbers.texts(scores.reshape(-1))
    pairs = [f"[{name}, {value}]" for name, value in zip(names, values, strict=True)]
    rows = [f"[{', '.join(row)}]" for row in _split(pairs, shape[1], shape[0])]
    return _encode(f'{{\n{_INDENT}"results": [{", ".join(rows)}{_close(shape[0])}\n}}')


def write_values(values: np.ndarray) -> bytes:
    """One number per example, float32 of shape (batch,).

    Raises:
        ServingError: If there are no examples.
    """
    if not values.size:
        raise errors.invalid_argument("Cannot convert empty RegressionResults to JSON")
    return _encode(f'{{\n{_INDENT}"results": [{", ".join(numbers.texts(values))}]\n}}')


def quote(text: str) -> str:
    """A JSON string: only quotes, backslashes and control characters are escaped."""
    quoted = encode_basestring(text)  # What `json.dumps` calls in the end, without its five layers.
    if "\\u00" in quoted:  # RapidJSON has capitals, Python has not.
        quoted = f'"{text.translate(_ESCAPES)}"'
    return quoted


def _encode(text: str) -> bytes:
    # Bytes that are not UTF-8 travel through `str` as surrogates and come out unchanged.
    return text.encode("utf-8", "surrogateescape")


def _close(batch: int) -> str:
    return f"\n{_INDENT}]" if batch else "]"


def _batch_size(outputs: Mapping[str, np.ndarray]) -> int:
    if not outputs:
        raise errors.invalid_argument("Cannot convert empty tensor map to JSON")
    sizes: list[int] = []
    for name, array in outputs.items():
        if array.ndim == 0:
            raise errors.invalid_argument(f"Tensor name: {name} has no shape information ")
        sizes.append(array.shape[0])
        if sizes[-1] != sizes[0]:
            raise errors.invalid_argument(
                f"Tensor name: {name} has inconsistent batch size: {sizes[-1]} "
                f"expecting: {sizes[0]}"
            )
    return sizes[0]


def _rows(name: str, array: np.ndarray) -> str:
    """All examples on one line, the outermost brackets left out."""
    if _is_text(array):
        return ", ".join(_row_values(name, array, depth=2))
    return _compact(array)[1:-1].replace(",", ", ")


def _row_values(name: str, array: np.ndarray, depth: int) -> list[str]:
    """One text per example, arrays on one line; `depth` counts the open brackets around it."""
    if not _is_text(array):
        if not array.size:  # Nothing to cut at.
            return [_compact(row).replace(",", ", ") for row in array]
        return _split_rows(_compact(array).replace(",", ", "), array.ndim)
    items = _texts(name, array, depth + array.ndim - 1)
    for level in reversed(range(1, array.ndim)):
        groups = _split(items, array.shape[level], math.prod(array.shape[:level]))
        items = ["[" + ", ".join(group) + "]" for group in groups]
    return items


def _split_rows(text: str, ndim: int) -> list[str]:
    """Cut `[[..], [..]]` between its rows."""
    opening, closing = "[" * (ndim - 1), "]" * (ndim - 1)
    inner = text[ndim : len(text) - ndim]
    return [opening + row + closing for row in inner.split(closing + ", " + opening)]


def _column_value(name: str, array: np.ndarray, depth: int) -> str:
    if not _is_text(array):
        return _indent(_compact(array), array, depth)
    items = _texts(name, array, depth + array.ndim)
    for level in reversed(range(array.ndim)):
        margin = "\n" + _INDENT * (depth + level + 1)
        end = "\n" + _INDENT * (depth + level) + "]"
        groups = _split(items, array.shape[level], math.prod(array.shape[:level]))
        items = [
            "[" + margin + ("," + margin).join(group) + end if group else "[]" for group in groups
        ]
    return items[0]


def _indent(text: str, array: np.ndarray, depth: int) -> str:
    """Put every value of compact nested lists on a line of its own.

    Works by whole separators, `,` between values and `],[`, `]],[[` between lists, and not by
    value: an image has fifty thousand values but three kinds of separators.
    """
    if not array.size:
        return _indent_empty(array.shape, depth)
    margins = ["\n" + _INDENT * (depth + level) for level in range(array.ndim + 1)]
    openings = [("[" + margins[level + 1]) for level in range(array.ndim)]
    closings = [(margins[level] + "]") for level in range(array.ndim)]
    # The longest first, because it holds the others; marks keep what is done from being redone.
    for level in range(array.ndim):
        deeper = array.ndim - 1 - level
        text = text.replace("]" * deeper + "," + "[" * deeper, chr(level))
    inner = text[array.ndim : len(text) - array.ndim]
    for level in range(array.ndim):
        separator = "".join(reversed(closings[level + 1 :])) + "," + margins[level + 1]
        inner = inner.replace(chr(level), separator + "".join(openings[level + 1 :]))
    return "".join(openings) + inner + "".join(reversed(closings))


def _indent_empty(shape: Sequence[int], depth: int) -> str:
    if not shape[0]:
        return "[]"
    margin, end = "\n" + _INDENT * (depth + 1), "\n" + _INDENT * depth
    item = _indent_empty(shape[1:], depth + 1)
    return "[" + margin + ("," + margin).join([item] * shape[0]) + end + "]"


def _is_text(array: np.ndarray) -> bool:
    return array.dtype.kind in "OS"


def _compact(array: np.ndarray) -> str:
    """Numbers or truth values as JSON without blanks."""
    if array.dtype.name in _WRITABLE:
        return numbers.write(array)
    raise errors.invalid_argument(
        f"Failed to write JSON value for tensor type: {_type_name(array.dtype)}"
    )


def _texts(name: str, array: np.ndarray, depth: int) -> list[str]:
    """JSON of each string; `depth` counts the open brackets around it."""
    items = array.reshape(-1).tolist()
    if name.endswith("_bytes"):
        margin, end = _INDENT * (depth + 1), _INDENT * depth
        encoded = (base64.b64encode(item).decode() for item in items)
        return [f'{{\n{margin}"b64": "{text}"\n{end}}}' for text in encoded]
    return [quote(item.decode("utf-8", "surrogateescape")) for item in items]


def _type_name(dtype: np.dtype) -> str:
    """TensorFlow's name; NumPy has its quantized types as records of one field."""
    name = dtype.names[0] if dtype.names else dtype.name
    return _TYPE_NAMES.get(name, name)


def _split(items: Sequence[str], size: int, count: int) -> list[Sequence[str]]:
    return [items[index * size : (index + 1) * size] for index in range(count)]
