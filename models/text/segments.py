"""Texts as inputs: names, joining, and how two share a limited length."""

from __future__ import annotations

from typing import Any

_TEXT = "text"
SEPARATOR = "\u241e"
"""The token between two texts; the sign for a record separator, which no text holds."""


def names(number: int, first: str = _TEXT) -> tuple[str, ...]:
    """Transformed features of inputs, such as `text` and `text_2`, in the order of their columns.

    Args:
        number: Of inputs.
        first: The name of the first.
    """
    return (first, *(f"{first}_{place}" for place in range(2, number + 1)))


def texts(features: dict[str, Any]) -> list[Any]:
    """The texts that a task has, each `(batch,)` string.

    Args:
        features: Transformed features.
    """
    return [features[name] for name in names(len(features)) if name in features]


def joined(features: dict[str, Any]) -> Any:
    """All texts as one, `(batch,)` string.

    Args:
        features: Transformed features.
    """
    import tensorflow as tf

    return tf.strings.join(texts(features), separator=f" {SEPARATOR} ")


def shortened(first: Any, second: Any, length: int) -> tuple[Any, Any]:
    """Cut the ends of two texts so that both together fit.

    Each may fill half; what the shorter one leaves over is the other's.

    Args:
        first: Tokens `(batch, ragged)`.
        second: Those of the other text.
        length: Most tokens of both together, at least 2.
    """
    import tensorflow as tf

    half = -(-length // 2)
    sizes = [tf.cast(tokens.row_lengths(), tf.int32) for tokens in (first, second)]
    kept = tf.minimum(sizes[0], tf.maximum(half, length - sizes[1]))
    return _first_tokens(first, kept), _first_tokens(second, length - kept)


def _first_tokens(tokens: Any, counts: Any) -> Any:
    """At most the first `counts` `(batch,)` tokens of each row."""
    import tensorflow as tf

    places = tf.ragged.range(tf.cast(tokens.row_lengths(), tf.int32))
    rows = tf.cast(tokens.value_rowids(), tf.int32)
    is_kept = places.with_flat_values(places.flat_values < tf.gather(counts, rows))
    return tf.ragged.boolean_mask(tokens, tokens.with_flat_values(is_kept.flat_values))
