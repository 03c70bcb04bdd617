"""How a trained model writes a text, token by token: what every way of decoding stands on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

MASK = "mask"
"""In what stays the same while a text is written, of a model with attention: which tokens were
read, `(n, read)`, 0 at padding."""
State = Mapping[str, Any]
"""Tensors by name."""


@dataclasses.dataclass(frozen=True)
class Writer:
    """A trained model that writes texts, in a graph.

    `n` texts are read, and `k` are written of each at once.
    """

    read: Callable[[dict[str, Any]], tuple[State, State]]
    """Inputs of the model to what stays the same while a text is written, each `(n, ...)`, and the
    state before its first token, each `(n, ...)`."""
    step: Callable[[Any, Any, State, State], tuple[Any, State, Any]]
    """The last tokens `(n, k)` int32, how many are before them, a scalar int32, what `read` gave,
    and the state, each `(n, k, ...)`, to logits of the next token `(n, k, vocabulary)` float32, the
    state after it, and the attention to the tokens read, `(n, k, read)` float32; `read` is 0 of a
    model without attention."""
    begin: int
    """What is before the first token."""
    end: int
    """What is after the last one."""
    never: tuple[int, ...]
    """Ids that are not written."""
    longest: int
    """Tokens of a text that the model learned from at most, its end included."""
    sizes: Callable[[dict[str, Any]], Any]
    """Inputs to the tokens that are read of each text, its end included, `(n,)` int32."""
    text: Callable[[Any], Any]
    """Ids of texts, ragged `(m, tokens)` int32, without begin and end, to texts `(m,)` string."""
    pieces: Callable[[Any], Any]
    """Ids of what is written, of any shape, to the words that they stand for, string."""
    pieces_read: Callable[[dict[str, Any]], Any]
    """Inputs to the words that are read, `(n, at least read)` string."""
    memory: Callable[[dict[str, Any]], tuple[Any, Any]] | None = None
    """Inputs to the vectors of what is read, `(n, read, dim)`, and their mask `(n, read)` int32, 0
    at padding; None of a model that does not tell them."""
