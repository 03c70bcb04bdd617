"""Arrays of numbers as JSON text, in whole arrays at a time.

Floats have TensorFlow Serving's form (`util/json_tensor.cc`, `WriteDecimal`):
C's `%g` with six digits if that reads back as the same number, else with 9
digits (17 for doubles), and `.0` behind whole numbers. Formatting them one by
one would take longer than most models run. Instead each is rounded to the
double nearest to its six or nine digits, whose shortest text, which orjson
writes fast, has exactly these digits. `tests/serving/rest/json/test_numbers.py`
holds the result against C's own formatting.
"""

import numpy as np
import orjson

# Below this many numbers the whole-array way has no time to pay off.
_FEW = 64
_SHORT_DIGITS = 6
_FLOAT_DIGITS = 9
_ALL_DIGITS = {4: _FLOAT_DIGITS, 8: 17}
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
# Within these limits all the powers of ten below are exact doubles.
_SMALLEST, _LARGEST = 1e-14, 1e15
_EXACT_POWERS = np.array([float(f"1e{k}") for k in range(23)])
_LIMITS = np.array([float(f"1e{k}") for k in range(-15, 18)])
_FIRST_LIMIT = -15
_EXPONENTS = {k: f"e{k:+03d}" for k in range(-16, 18)}
# A float times a power of ten up to this one is an exact double.
_EXACT_SHIFT = 12
_TIE_MARGIN = 1e-6
# `%g` leaves the plain notation below this exponent.
_SMALLEST_PLAIN_EXPONENT = -4


def write(array: np.ndarray) -> str:
    """JSON of an array of numbers or truth values, without blanks: `[[1.0,2.5],[0.1,3e-05]]`.

    Args:
        array: float32, float64, bool, or integers of up to 64 bits; any rank.
    """
    if array.dtype.kind != "f":
        return _dump(array)
    if array.size < _FEW:
        numbers, special = np.full(array.size, np.nan), format_slowly(array.reshape(-1))
    else:
        numbers, special = _round(array.reshape(-1))
    plain = _dump(numbers.reshape(array.shape))
    if not special:
        return plain
    # orjson writes `null` for what is not a number.
    parts = plain.split("null")
    pieces = [""] * (2 * len(parts) - 1)
    pieces[::2], pieces[1::2] = parts, special
    return "".join(pieces)


def texts(array: np.ndarray) -> list[str]:
    """One text per number of a flat array; types as for `write`."""
    return write(array)[1:-1].split(",") if array.size else []


def format_slowly(array: np.ndarray) -> list[str]:
    """The texts by definition, one number at a time.

    Args:
        array: Flat array of float32 or float64.
    """
    texts = [format(value, "g") for value in array.tolist()]
    with np.errstate(over="ignore"):
        read_back = np.array(list(map(float, texts))).astype(array.dtype)
    inexact = np.flatnonzero(read_back != array)
    for index, text in zip(inexact.tolist(), _format_precisely(array[inexact]), strict=True):
        texts[index] = text
    return [_NOT_FINITE.get(text[:-2], text) for text in _mark_whole(texts)]


def _format_precisely(array: np.ndarray) -> list[str]:
    """As many digits as the type may need, in one call; nothing marks whole numbers."""
    if not array.size:
        return []
    pattern = f"%.{_ALL_DIGITS[array.dtype.itemsize]}g,"
    return (pattern * array.size % tuple(array.tolist()))[:-1].split(",")


def _dump(array: np.ndarray) -> str:
    if not array.ndim:
        return orjson.dumps(array.item()).decode()
    return orjson.dumps(np.ascontiguousarray(array), option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _round(array: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Doubles whose shortest texts are wanted; NaN where one of the returned texts belongs."""
    with np.errstate(invalid="ignore"):  # Signalling NaNs.
        signed = array.astype(np.float64)
    magnitudes = np.abs(signed)
    is_zero = magnitudes == 0
    is_rounded = (magnitudes >= _SMALLEST) & (magnitudes < _LARGEST)
    magnitudes = np.where(is_rounded, magnitudes, 1.0)
    exponents = _exponents(magnitudes)

    digits, numbers, _ = _round_to(_SHORT_DIGITS, magnitudes, exponents)
    is_short = numbers.astype(array.dtype) == magnitudes.astype(array.dtype)
    num_digits = np.where(is_short, _SHORT_DIGITS, _FLOAT_DIGITS)
    if array.dtype.itemsize == 4:
        long_digits, long_numbers, is_sure = _round_to(_FLOAT_DIGITS, magnitudes, exponents)
        digits = np.where(is_short, digits, long_digits)
        numbers = np.where(is_short, numbers, long_numbers)
        is_long = np.zeros_like(is_rounded)
        is_rounded &= is_short | is_sure
    else:
        is_long = is_rounded & ~is_short  # No double holds 17 digits.
        is_rounded &= is_short

    is_carried = digits == _EXACT_POWERS[num_digits]
    exponents += is_carried
    is_plain = (exponents >= _SMALLEST_PLAIN_EXPONENT) & (exponents < num_digits)
    special = np.flatnonzero(~(is_zero | (is_rounded & is_plain)))
    numbers = np.copysign(np.where(is_zero, 0.0, numbers), signed)
    if not special.size:
        return numbers, []
    mantissas = np.copysign(digits, signed) / _EXACT_POWERS[num_digits - 1 + is_carried]
    texts = _special_texts(
        array[special],
        is_rounded[special],
        is_long[special],
        mantissas[special],
        exponents[special],
    )
    numbers[special] = np.nan
    return numbers, texts


def _round_to(
    num_digits: int, magnitudes: np.ndarray, exponents: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Round to digits: these as whole numbers, the rounded numbers, and which of them are sure."""
    shift = num_digits - 1 - exponents
    up, down = _EXACT_POWERS[np.maximum(shift, 0)], _EXACT_POWERS[np.maximum(-shift, 0)]
    # One rounding each, as one of the two powers is 1.
    shifted = magnitudes * up / down
    digits = np.rint(shifted)
    # Where the product is not exact, digits that end in about 5 may have gone the wrong way.
    is_tie = np.abs(np.abs(shifted - digits) - 0.5) < _TIE_MARGIN
    is_exact = (shift >= 0) & (shift <= _EXACT_SHIFT)
    return digits, digits / up * down, is_exact | ~is_tie


def _exponents(magnitudes: np.ndarray) -> np.ndarray:
    """Decimal exponents of positive numbers."""
    exponents = np.floor(np.log10(magnitudes)).astype(np.int64)
    # The logarithm may be off by a rounding next to a power of ten.
    exponents -= magnitudes < _LIMITS[exponents - _FIRST_LIMIT]
    exponents += magnitudes >= _LIMITS[exponents + 1 - _FIRST_LIMIT]
    return exponents


def _special_texts(
    array: np.ndarray,
    is_rounded: np.ndarray,
    is_long: np.ndarray,
    mantissas: np.ndarray,
    exponents: np.ndarray,
) -> list[str]:
    """Texts of the numbers with an exponent, and of those that only C can round."""
    texts = [""] * len(array)
    groups = (
        (is_rounded, _format_with_exponent(mantissas[is_rounded], exponents[is_rounded])),
        (is_long, _mark_whole(_format_precisely(array[is_long]))),
        (~is_rounded & ~is_long, format_slowly(array[~is_rounded & ~is_long])),
    )
    for is_member, members in groups:
        for index, text in zip(np.flatnonzero(is_member).tolist(), members, strict=True):
            texts[index] = text
    return texts


def _format_with_exponent(mantissas: np.ndarray, exponents: np.ndarray) -> list[str]:
    if not mantissas.size:
        return []
    plain = _dump(mantissas)[1:-1].split(",")
    return [
        text.removesuffix(".0") + _EXPONENTS[exponent]
        for text, exponent in zip(plain, exponents.tolist(), strict=True)
    ]


def _mark_whole(texts: list[str]) -> list[str]:
    return [text if "." in text or "e" in text else text + ".0" for text in texts]
