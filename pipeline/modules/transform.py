"""What Transform computes: label ids, and the feature the model reads.

`preprocessing_fn` is called by TFX by its dotted path. Everything here ends up
in the transform graph, which training, evaluation and the served model share.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf
import tensorflow_text as tf_text
import tensorflow_transform as tft

from models.text import config as text_config

LABELS = "labels"
"""Name of the label vocabulary file."""
TOKENS = "tokens"
"""Name of the token vocabulary file."""
RESERVED_TOKENS = 2
"""Id 0 pads, id 1 stands for every token not in the vocabulary."""

Tensors = dict[str, tf.Tensor]


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, str]) -> Tensors:
    """Build the transform graph.

    Args:
        inputs: Raw columns of a batch, each `(batch, 1)` or sparse.
        custom_config: `feature`, `input_column`, `label_column`, and as JSON in `model` the fields
            of the model that the feature depends on.

    Returns:
        `label_id` `(batch,)` int64, -1 for labels not seen in training, and the feature
        the model reads: `token_ids` `(batch, sequence_length)` int64, or `text` `(batch,)`
        string, or `image_bytes` `(batch,)` string.
    """
    feature = FEATURES[custom_config["feature"]]
    column = _column(inputs, custom_config["input_column"])
    outputs = feature.function(column, json.loads(custom_config["model"]))
    outputs["label_id"] = tft.compute_and_apply_vocabulary(
        _column(inputs, custom_config["label_column"]), vocab_filename=LABELS, default_value=-1
    )
    return outputs


def _column(inputs: Mapping[str, Any], name: str) -> tf.Tensor:
    """Column as `(batch,)`, empty text where a row lacks it."""
    values = inputs[name]
    if isinstance(values, tf.SparseTensor):
        values = tf.sparse.to_dense(values, default_value="")
    return tf.reshape(values, [-1])


def _normalized(text: tf.Tensor) -> tf.Tensor:
    """Unicode NFC, so that composed and decomposed Hangul are the same text."""
    return tf_text.normalize_utf8(text, "NFC")


def _text(text: tf.Tensor, model: Mapping[str, Any]) -> Tensors:
    return {"text": _normalized(text)}


def tokens(text: tf.Tensor, model: Mapping[str, Any]) -> tf.RaggedTensor:
    """Split texts, none of them cut.

    Args:
        text: `(batch,)` string.
        model: `tokenizer`, one of `SPLITTERS`, and `ngrams`, the longest run, 1 if absent.

    Returns:
        Tokens `(batch, ragged)` string: each word or character, then the runs that begin with it.
    """
    split = SPLITTERS[model["tokenizer"]](_normalized(text))
    longest = model.get("ngrams", 1)
    return split if longest == 1 else _with_runs(split, longest)


def vocabulary(transform_graph: str) -> list[str]:
    """The tokens that the models know which read `token_ids`, the most frequent first.

    Args:
        transform_graph: Folder of the Transform's output.
    """
    found = tft.TFTransformOutput(transform_graph).vocabulary_by_name(TOKENS)
    return [token.decode("utf-8", "replace") for token in found]


def _token_ids(text: tf.Tensor, model: Mapping[str, Any]) -> Tensors:
    length = model["sequence_length"]
    ids = tft.compute_and_apply_vocabulary(
        tokens(text, model)[:, :length].to_sparse(),
        top_k=model["vocabulary_size"] - RESERVED_TOKENS,
        vocab_filename=TOKENS,
        default_value=-1,
    )
    # -1 (unknown) becomes 1 and the most frequent token 2, so that 0 is left for padding.
    ids = tf.SparseTensor(ids.indices, ids.values + RESERVED_TOKENS, ids.dense_shape)
    dense = tf.sparse.to_dense(ids)[:, :length]
    padded = tf.pad(dense, [[0, 0], [0, length - tf.shape(dense)[1]]])
    return {"token_ids": tf.ensure_shape(padded, [None, length])}


def _with_runs(tokens: tf.RaggedTensor, longest: int) -> tf.RaggedTensor:
    """Each token and the runs of 2 to `longest` neighbours from it on, joined by spaces."""
    join = tf_text.Reduction.STRING_JOIN
    runs = [tf_text.ngrams(tokens, n, reduction_type=join) for n in range(2, longest + 1)]
    found = tf.concat([tokens, *runs], axis=1)
    starts = tf.concat([tf.ragged.range(each.row_lengths()) for each in (tokens, *runs)], axis=1)
    # By text, then by where a run begins; what begins there comes shortest first.
    places = starts.value_rowids() * (tf.reduce_max(starts.flat_values, 0) + 1) + starts.flat_values
    return found.with_flat_values(tf.gather(found.flat_values, tf.argsort(places, stable=True)))


def _words(text: tf.Tensor) -> tf.RaggedTensor:
    """Lower-cased runs of letters and digits; every other visible sign is a token of its own."""
    spaced = tf.strings.regex_replace(
        tf_text.case_fold_utf8(text), r"([^\p{L}\p{M}\p{N}\s])", r" \1 "
    )
    return tf.strings.split(spaced)


def _characters(text: tf.Tensor) -> tf.RaggedTensor:
    return tf.strings.unicode_split(tf_text.case_fold_utf8(text), "UTF-8")


def _image_bytes(image: tf.Tensor, model: Mapping[str, Any]) -> Tensors:
    # Not decoded here: the decoder would stay in the graph and run again for every request.
    return {"image_bytes": image}


SPLITTERS: dict[str, Callable[[tf.Tensor], tf.RaggedTensor]] = {
    "words": _words,
    "characters": _characters,
}


@dataclasses.dataclass(frozen=True)
class ModelFeature:
    """How one kind of model feature is computed."""

    function: Callable[[tf.Tensor, Mapping[str, Any]], Tensors]
    """Input column `(batch,)` and the model's fields to the model's features."""
    fields: tuple[str, ...]
    """Fields of the model's config the function reads, if the model has them."""


FEATURES = {
    "text": ModelFeature(_text, ()),
    "token_ids": ModelFeature(_token_ids, text_config.COUNTED_WITH),
    "image_bytes": ModelFeature(_image_bytes, ()),
}
