"""What Transform computes: the target, and the feature the model reads.

`preprocessing_fn` is called by TFX by its dotted path. Everything here ends up
in the transform graph, which training, evaluation and the served model share.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf
import tensorflow_text as tf_text
import tensorflow_transform as tft

from components import span_text
from models.tasks.task import TARGET, Column
from models.text import config as text_config
from models.text import segments

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
        custom_config: `feature`, and as JSON in `columns` the task's columns, in `model` the fields
            of the model that the feature depends on and the task's `sides`.

    Returns:
        `target`: of a category its id `(batch,)` int64, -1 for labels not seen in training; of
        categories their ids, sparse `(batch, labels)` int64; of a number itself, `(batch,)`
        float32; of spans three numbers each, sparse `(batch, 3 spans)` int64; of answers begin and
        end of the first, `(batch, 2)` int64; of what is written the text, `(batch,)` string. And
        the feature the model reads: `token_ids` `(batch, sequence_length)` int64, of all texts or
        of each side, or each text `(batch,)` string, or `image_bytes` `(batch,)` string.
    """
    feature = FEATURES[custom_config["feature"]]
    columns = [Column(**fields) for fields in json.loads(custom_config["columns"])]
    read = [_column(inputs[c.name], "") for c in columns if c.role == "input"]
    outputs = feature.function(read, json.loads(custom_config["model"]))
    for column in columns:
        if column.role == "target":
            outputs[TARGET] = TARGETS[column.holds](inputs[column.name])
    return outputs


def _column(values: Any, absent: Any) -> tf.Tensor:
    """Column as `(batch,)`, with something in place of what a row lacks."""
    if isinstance(values, tf.SparseTensor):
        values = tf.sparse.to_dense(values, default_value=absent)
    return tf.reshape(values, [-1])


def _category(values: Any) -> tf.Tensor:
    return tft.compute_and_apply_vocabulary(
        _column(values, ""), vocab_filename=LABELS, default_value=-1
    )


def _categories(values: Any) -> tf.SparseTensor:
    if not isinstance(values, tf.SparseTensor):  # Where every row has as many labels.
        values = tf.sparse.from_dense(values)
    return tft.compute_and_apply_vocabulary(values, vocab_filename=LABELS, default_value=-1)


def _spans(values: Any) -> tf.SparseTensor:
    """Begin, end and id of the type of each span, one after the other, `(batch, 3 spans)` int64."""
    if not isinstance(values, tf.SparseTensor):  # Where every row has as many spans.
        values = tf.sparse.from_dense(values)
    fields = tf.strings.split(values.values, span_text.SEPARATOR).to_tensor(shape=(None, 3))
    # Requests bring no target; Transform's layer then feeds it empty text.
    places = tf.strings.to_number(tf.where(fields == "", "0", fields)[:, :2], tf.int64)
    kinds = tft.compute_and_apply_vocabulary(fields[:, 2], vocab_filename=LABELS, default_value=-1)
    flat = tf.reshape(tf.concat([places, kinds[:, None]], axis=1), [-1])
    rows, numbers = tf.unstack(values.indices, axis=1)
    indices = tf.stack(
        [tf.repeat(rows, 3), tf.reshape(3 * numbers[:, None] + tf.range(3, dtype=tf.int64), [-1])],
        axis=1,
    )
    shape = values.dense_shape * tf.constant([1, 3], tf.int64)
    return tf.SparseTensor(indices, flat, shape)


def _answers(values: Any) -> tf.Tensor:
    """Begin and end of the first answer, -1 where there is none, `(batch, 2)` int64."""
    if isinstance(values, tf.SparseTensor):
        values = tf.sparse.to_dense(values, default_value="")
    first = tf.pad(values, [[0, 0], [0, 1]], constant_values="")[:, 0]
    fields = tf.strings.split(first, span_text.SEPARATOR).to_tensor(shape=(None, 3))
    return tf.strings.to_number(tf.where(fields == "", "-1", fields)[:, :2], tf.int64)


def _number(values: Any) -> tf.Tensor:
    return _column(values, 0.0)


def _normalized(text: tf.Tensor) -> tf.Tensor:
    """Unicode NFC, so that composed and decomposed Hangul are the same text."""
    return tf_text.normalize_utf8(text, "NFC")


def _texts(texts: Sequence[tf.Tensor], model: Mapping[str, Any]) -> Tensors:
    return {name: _normalized(text) for name, text in _named(texts).items()}


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


def _raw_texts(texts: Sequence[tf.Tensor], model: Mapping[str, Any]) -> Tensors:
    # As they came: places in a text count its own code points.
    return _named(texts)


def _named(texts: Sequence[tf.Tensor]) -> Tensors:
    return dict(zip(segments.names(len(texts)), texts, strict=True))


def _token_ids(texts: Sequence[tf.Tensor], model: Mapping[str, Any]) -> Tensors:
    length = model["sequence_length"]
    split = _joined([tokens(text, model) for text in texts], length)
    return {"token_ids": _numbered(split, model)}


def _token_ids_of_sides(texts: Sequence[tf.Tensor], model: Mapping[str, Any]) -> Tensors:
    length = model["sequence_length"]
    split = [tokens(text, model) for text in texts]
    sides = [_joined([split[place] for place in side], length) for side in model["sides"]]
    names = segments.names(len(sides), "token_ids")
    ids = tf.split(_numbered(tf.concat(sides, 0), model), len(sides))
    return dict(zip(names, ids, strict=True))


def _numbered(split: tf.RaggedTensor, model: Mapping[str, Any]) -> tf.Tensor:
    """Tokens `(batch, ragged)` to their ids, `(batch, sequence_length)` int64."""
    length = model["sequence_length"]
    ids = tft.compute_and_apply_vocabulary(
        split.to_sparse(),
        top_k=model["vocabulary_size"] - RESERVED_TOKENS,
        vocab_filename=TOKENS,
        default_value=-1,
    )
    # -1 (unknown) becomes 1 and the most frequent token 2, so that 0 is left for padding.
    ids = tf.SparseTensor(ids.indices, ids.values + RESERVED_TOKENS, ids.dense_shape)
    dense = tf.sparse.to_dense(ids)[:, :length]
    padded = tf.pad(dense, [[0, 0], [0, length - tf.shape(dense)[1]]])
    return tf.ensure_shape(padded, [None, length])


def _joined(texts: Sequence[tf.RaggedTensor], length: int) -> tf.RaggedTensor:
    """The tokens of one text, or of two with a separator between, cut to a length."""
    if len(texts) == 1:
        return texts[0][:, :length]
    first, second = segments.shortened(texts[0], texts[1], length - 1)
    separator = tf.fill([first.nrows(), 1], segments.SEPARATOR)
    return tf.concat([first, separator, second], axis=1)


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


def _image_bytes(images: Sequence[tf.Tensor], model: Mapping[str, Any]) -> Tensors:
    # Not decoded here: the decoder would stay in the graph and run again for every request.
    (image,) = images
    return {"image_bytes": image}


SPLITTERS: dict[str, Callable[[tf.Tensor], tf.RaggedTensor]] = {
    "words": _words,
    "characters": _characters,
}


@dataclasses.dataclass(frozen=True)
class ModelFeature:
    """How one kind of model feature is computed."""

    function: Callable[[Sequence[tf.Tensor], Mapping[str, Any]], Tensors]
    """Input columns, each `(batch,)`, and the model's fields to the model's features."""
    fields: tuple[str, ...]
    """Fields of the model's config the function reads, if the model has them."""


def _written(values: Any) -> tf.Tensor:
    return _normalized(_column(values, ""))


TARGETS: dict[str, Callable[[Any], Any]] = {
    "answers": _answers,
    "categories": _categories,
    "category": _category,
    "choice": _category,
    "number": _number,
    "spans": _spans,
    "written": _written,
}
"""How a target column is computed, by what it holds."""
FEATURES = {
    "text": ModelFeature(_texts, ()),
    "raw_text": ModelFeature(_raw_texts, ()),
    "token_ids": ModelFeature(_token_ids, text_config.COUNTED_WITH),
    "token_ids_of_sides": ModelFeature(_token_ids_of_sides, text_config.COUNTED_WITH),
    "image_bytes": ModelFeature(_image_bytes, ()),
}
