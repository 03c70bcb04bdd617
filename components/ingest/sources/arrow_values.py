"""Plain values of Arrow columns, whatever types databases and libraries wrote them with."""

import decimal
import re
from collections.abc import Sequence
from typing import Any

import pyarrow
from pyarrow import types

from components.ingest import errors

_ZEROS = re.compile(r"\.0+(?=Z?$)")
_PLURALS = (
    (types.is_map, "mappings"),
    (types.is_struct, "structs"),
    (types.is_nested, "lists"),
    (types.is_interval, "intervals of time"),
)


def require_single(kind: pyarrow.DataType, name: str, file: str, *, is_image: bool) -> None:
    """Refuse a column whose rows do not hold one text, number or image each.

    Args:
        kind: Type of the column.
        name: Its name.
        file: For errors.
        is_image: Whether images are expected.

    Raises:
        DataError: If it is such a column.
    """
    kind = _stored(kind)
    if _holds_bytes(kind) or is_image and _is_binary(kind):
        return
    plural = _plural(kind)
    if is_image or plural:
        expected = "encoded images (bytes)" if is_image else "one text or number a row"
        raise errors.DataError(
            f"{file}: column {name!r} holds {plural or 'no bytes'} ({kind}), expected {expected}. "
            "Name another column, or write the one that is meant as a column of its own."
        )


def is_single(kind: pyarrow.DataType) -> bool:
    """Whether the rows of a column of this type hold one text, number or image each."""
    kind = _stored(kind)
    return _holds_bytes(kind) or _plural(kind) is None


def is_list(kind: pyarrow.DataType) -> bool:
    """Whether the rows of a column of this type hold lists."""
    kind = _stored(kind)
    return types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)


def plain(column: pyarrow.Array) -> Sequence[Any]:
    """The values as text, bytes, numbers, true or false, lists or mappings of such, or None.

    Decimals become numbers, dates and times the text that CSV files hold for them, structs
    of an image's bytes and path the bytes. Text that is not UTF-8 stays bytes.
    """
    kind = column.type
    if isinstance(kind, pyarrow.ExtensionType | pyarrow.BaseExtensionType):
        return plain(column.storage)
    if types.is_dictionary(kind):
        return plain(column.dictionary_decode())
    if types.is_temporal(kind):
        return _times(column)
    if types.is_decimal(kind):
        return [_number(value) for value in column.to_pylist()]
    if kind in (pyarrow.float16(), pyarrow.float32()):
        # The shortest digits that give the same value: 0.1, not 0.10000000149011612.
        values = column.to_pylist()
        return [v if v is None else float(str(kind.to_pandas_dtype()(v))) for v in values]
    if types.is_string(kind) or types.is_large_string(kind):
        return [_text(v) for v in column.cast(pyarrow.large_binary()).to_pylist()]
    if _holds_bytes(kind):
        return column.field("bytes").to_pylist()
    if is_list(kind):
        return [None if row.values is None else list(plain(row.values)) for row in column]
    if types.is_struct(kind):
        return _structs(column)
    return column.to_pylist()


def _stored(kind: pyarrow.DataType) -> pyarrow.DataType:
    """The type beneath dictionaries and extensions."""
    while True:
        if isinstance(kind, pyarrow.BaseExtensionType):
            kind = kind.storage_type
        elif types.is_dictionary(kind):
            kind = kind.value_type
        else:
            return kind


def _plural(kind: pyarrow.DataType) -> str | None:
    """What a row holds instead of one value; None for one."""
    return next((word for holds, word in _PLURALS if holds(kind)), None)


def _is_binary(kind: pyarrow.DataType) -> bool:
    return (
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_null(kind)
    )


def _holds_bytes(kind: pyarrow.DataType) -> bool:
    """Whether a column is of structs of an image's bytes."""
    if not types.is_struct(kind) or kind.get_field_index("bytes") < 0:
        return False
    return _is_binary(kind.field("bytes").type)


def _structs(column: pyarrow.StructArray) -> list[dict[str, Any] | None]:
    names = [field.name for field in column.type]
    rows = zip(*(plain(column.field(name)) for name in names), strict=True)
    return [
        dict(zip(names, row, strict=True)) if there else None
        for row, there in zip(rows, column.is_valid().to_pylist(), strict=True)
    ]


def _times(column: pyarrow.Array) -> list[Any]:
    kind = column.type
    if types.is_timestamp(kind) and kind.tz:
        # Names of time zones may be unknown here; the moment is the same.
        column = column.cast(pyarrow.timestamp(kind.unit, "UTC"))
    texts = column.cast(pyarrow.string()).to_pylist()
    width = kind.bit_width
    numbers = column.cast(pyarrow.int32() if width == 32 else pyarrow.int64()).to_pylist()
    # Of years beyond a calendar's the number stays.
    return [
        number if text is None or text.startswith("<") else _ZEROS.sub("", text)
        for text, number in zip(texts, numbers, strict=True)
    ]


def _number(value: decimal.Decimal | None) -> int | str | None:
    """Whole numbers as such; others as text, since floats have fewer digits."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else f"{value.normalize():f}"


def _text(value: bytes | None) -> str | bytes | None:
    try:
        return value if value is None else value.decode()
    except UnicodeDecodeError:
        return value
