"""Numbers in words, as short as a table or a tick needs them."""

from matplotlib.ticker import EngFormatter

_ENGINEERING = EngFormatter(sep="")


def count(value: float | None) -> str:
    """With three digits and a unit: 17,500,000 is 17.5M.

    Args:
        value: What was counted; None if nobody knows.
    """
    if value is None:
        return "-"
    rounded = float(f"{value:.3g}")  # Before the unit is chosen: 999,600 is 1M.
    # A quarter is 0.25 and not 250m.
    return f"{rounded:.3g}" if rounded < 1 else _ENGINEERING.format_eng(rounded)


def milliseconds(value: float | None) -> str:
    """With three digits or so, without the unit.

    Args:
        value: In milliseconds; None if nobody knows.
    """
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def figure(value: float | None, beside: float | None = None) -> str:
    """A metric with three decimals, or the digits that one in another unit needs.

    Args:
        value: In whatever unit; None if there is none.
        beside: The figure whose number of digits it has, such as the mean of a deviation; None for
            its own.
    """
    if value is None:
        return "-"
    size = abs(value if beside is None else beside)
    if 0 < size < 0.01:
        return f"{value:.2g}"
    decimals = 3 if size < 10 else 2 if size < 100 else 1 if size < 1000 else 0
    return f"{value:,.{decimals}f}"


def signed(value: float) -> str:
    """A difference of two figures, with its sign."""
    return figure(value) if value < 0 else f"+{figure(value)}"
