"""Ticks of a logarithmic axis."""

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, Locator, LogLocator, MaxNLocator, NullFormatter

_LONG, _SHORT = 500, 5
"""How many times its low end an axis reaches, for powers of ten to be enough, and for them with 2
and 5 times them not to be."""
_EVEN = 4
"""Steps of an axis that is shorter still."""


def tick(axes: Axes, word: Callable[[float], str], *, is_whole: bool = False) -> None:
    """Ticks at powers of ten, and where those would be too few at more numbers that are round.

    Args:
        axes: What is drawn in it, or its limits, are settled.
        word: How a tick is labelled.
        is_whole: Whether only whole numbers mean anything, all above 0.
    """
    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(_locator(high / low, is_whole))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: word(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _locator(ratio: float, is_whole: bool) -> Locator:
    if ratio < _SHORT:
        return MaxNLocator(_EVEN, steps=(1, 2, 2.5, 5, 10), integer=is_whole)
    return LogLocator(subs=(1, 2, 5) if ratio < _LONG else (1,))
