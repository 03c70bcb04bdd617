"""Tests of models/text/segments.py: how two texts share one input."""

import pytest
import tensorflow as tf

from models.text import pretrained, segments
from tests.models import tiny_presets

FIRST = tf.ragged.constant([[1, 2, 3, 4, 5], [1], [], [1, 2, 3, 4]])
SECOND = tf.ragged.constant([[6, 7, 8, 9], [6, 7, 8, 9, 10, 11], [6, 7], []])


@pytest.mark.parametrize(
    ("length", "first", "second"),
    [
        (4, [[1, 2], [1], [], [1, 2, 3, 4]], [[6, 7], [6, 7, 8], [6, 7], []]),
        (5, [[1, 2, 3], [1], [], [1, 2, 3, 4]], [[6, 7], [6, 7, 8, 9], [6, 7], []]),
        (99, FIRST.to_list(), SECOND.to_list()),
    ],
)
def test_each_text_may_fill_half_and_what_the_other_leaves(length, first, second):
    found = segments.shortened(FIRST, SECOND, length)
    assert [part.to_list() for part in found] == [first, second]


def test_texts_are_joined_by_a_separator():
    both = {"text": tf.constant(["가", "b"]), "text_2": tf.constant(["c", ""]), "label": "x"}
    joined = [text.decode() for text in segments.joined(both).numpy()]
    assert joined == ["가 \u241e c", "b \u241e "]
    assert segments.joined({"text": tf.constant(["a"])}).numpy().tolist() == [b"a"]


@pytest.mark.parametrize("truncate", ["end", "middle"])
def test_a_preset_packs_two_texts_with_its_own_segments_and_keeps_some_of_both(tmp_path, truncate):
    preset = tiny_presets.save_bert(tmp_path)
    config = pretrained.PretrainedTextConfig(preset=preset, sequence_length=12, truncate=truncate)
    long = "a good film " * 9
    features = {"text": tf.constant([long, "good"]), "text_2": tf.constant([long, long])}
    inputs = pretrained.encoder(config)(features)
    assert inputs["token_ids"].shape == (2, 12)
    kinds = inputs["segment_ids"].numpy()
    for row in kinds:
        assert 0 < row.sum() < 12
    alone = pretrained.encoder(config)({"text": tf.constant([long])})
    assert not alone["segment_ids"].numpy().any()
