"""Ranges that many fields of configs share; their ends are told in the words of the YAML."""

from typing import Annotated

from annotated_types import Ge, Gt, Le

Count = Annotated[int, Ge(1)]
"""How many of something there must be one of."""
WholeNumber = Annotated[int, Ge(0)]
"""How many of something there may be none of."""
UpTo1 = Annotated[float, Gt(0), Le(1)]
"""A part of a whole, or the whole."""
