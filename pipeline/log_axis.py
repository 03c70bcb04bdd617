"""Ticks of a logarithmic axis."""

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

_SHORT_RANGE = 500


def tick(axes: Axes, word: Callable[[float], str]) -> None:
    """Ticks at powers of ten, and at 2 and 5 times them where those would be too few.

    Args:
        axes: What is drawn in it, or its limits, are settled.
        word: How a tick is labelled.
    """
    low, high = axes.get_xlim()
    is_short = high < low * _SHORT_RANGE
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if is_short else (1,)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: word(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
