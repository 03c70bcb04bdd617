"""Ranges that many fields of configs share; their ends are told in the words of the YAML."""

from typing import Annotated

import pydantic
from annotated_types import Ge, Gt, Le, Lt, MinLen


def _check_rising(pair: tuple[float, float]) -> tuple[float, float]:
    """Refuse a pair whose first number is above the second."""
    lowest, highest = pair
    if lowest > highest:
        raise ValueError(
            f"must be a lowest and a highest value, in this order. Received: {list(pair)}"
        )
    return pair


Count = Annotated[int, Ge(1)]
"""How many of something there must be one of."""
Positive = Annotated[float, Gt(0)]
"""A number above 0."""
NotNegative = Annotated[float, Ge(0)]
"""A number of at least 0."""
Share = Annotated[float, Ge(0), Lt(1)]
"""A part of a whole, never the whole: a dropout rate, a decay."""
Probability = Annotated[float, Ge(0), Le(1)]
"""From never to always."""
Between0And1 = Annotated[float, Gt(0), Lt(1)]
"""Neither 0 nor 1."""
NotEmpty = Annotated[str, MinLen(1)]
"""A word."""
UpTo1 = Annotated[float, Gt(0), Le(1)]
"""A part of a whole, or the whole."""
Rising = pydantic.AfterValidator(_check_rising)
"""Beside a pair: its first number is not above the second."""
HiddenDims = tuple[Annotated[int, Ge(1), "Units of a layer; leave the layer out for none."], ...]
"""Units of each hidden layer."""
