"""Tags of units from spans, their losses, and entities from tags."""

import math

import numpy as np
import pytest
import tensorflow as tf

from models.tasks.tagging import losses, metrics, spans, units

TEXTS = ["Ada Lovelace met Bo", "", "none here"]
TYPES = ("PER", "LOC")


def tags_of(rows):
    found = units.split(tf.constant(TEXTS), "words")
    starts, ends = (each.to_tensor(-1) for each in (found.starts, found.ends))
    given = tf.ragged.constant(rows, tf.int64, ragged_rank=1).to_sparse()
    return spans.tags(given, starts, ends).numpy().tolist()


def test_units_of_a_span_begin_it_and_go_on_with_it():
    assert tags_of([[0, 12, 0, 17, 19, 1], [], []]) == [
        [1, 2, 0, 3],
        [-1, -1, -1, -1],
        [0, 0, -1, -1],
    ]


def test_spans_side_by_side_begin_twice_and_unknown_types_are_not_learned():
    assert tags_of([[0, 3, 0, 4, 12, 0], [], [0, 4, -1]]) == [
        [1, 1, 0, 0],
        [-1, -1, -1, -1],
        [-1, 0, -1, -1],
    ]


def test_entities_are_what_tags_mark():
    found = units.split(tf.constant(TEXTS), "words")
    tags = tf.ragged.constant([[1, 2, 0, 3], [], [0, 0]], tf.int32)
    scores = tf.ragged.constant([[0.9, 0.7, 1.0, 0.5], [], [1.0, 1.0]], tf.float32)
    told = spans.entities(tf.constant(TEXTS), found, tags, scores, TYPES)
    assert told["entity_group"].to_list() == [[b"PER", b"LOC"], [], []]
    assert told["word"].to_list() == [[b"Ada Lovelace", b"Bo"], [], []]
    assert (told["start"].to_list(), told["end"].to_list()) == (
        [[0, 17], [], []],
        [[12, 19], [], []],
    )
    np.testing.assert_allclose(told["score"].to_list()[0], [0.8, 0.5], rtol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_every_known_unit_counts_alike(smoothing):
    targets = tf.constant([[1, 0, 2], [0, -1, -1]])
    logits = tf.random.stateless_normal((2, 3, 4), seed=(1, 2))
    loss = float(losses.TagCrossEntropy(smoothing)(targets, logits))
    shares = np.eye(4)[[1, 0, 2, 0]] * (1 - smoothing) + smoothing / 4
    known = np.concatenate([logits[0], logits[1, :1]])
    logarithms = known - np.log(np.exp(known).sum(-1, keepdims=True))
    assert loss == pytest.approx(-(shares * logarithms).sum() / 4, rel=1e-5)


def test_a_sequence_of_equal_scores_costs_log_t_a_unit():
    targets = tf.constant([[1, 0, 2], [0, -1, -1]])
    outputs = tf.zeros((2, 3 + 5, 4))
    assert float(losses.SequenceLoss()(targets, outputs)) == pytest.approx(math.log(4))


def test_nothing_known_costs_nothing():
    targets = tf.fill((2, 3), -1)
    assert float(losses.TagCrossEntropy()(targets, tf.zeros((2, 3, 4)))) == 0
    assert float(losses.SequenceLoss()(targets, tf.zeros((2, 3 + 5, 4)))) == 0


def test_accuracy_is_over_the_known_units():
    watched = losses.TagAccuracy()
    watched.update_state(
        tf.constant([[1, 0, 2], [3, -1, -1]]), tf.one_hot([[1, 1, 2], [0, 0, 0]], 4)
    )
    assert float(watched.result()) == pytest.approx(0.5)


def test_an_answer_counts_as_far_as_its_length_says_or_whole():
    answer = {"start": [0, 5, 0], "end": [3, 8, 0], "entity_group": ["PER", "LOC", ""]}
    assert metrics.spans({**answer, "start_length": np.array([1])}) == [(0, 3, "PER")]
    assert len(metrics.spans(answer)) == 3


def test_types_are_judged_by_themselves():
    rows = [
        ({(0, 3, "PER"), (5, 8, "LOC")}, {(0, 3, "PER"), (5, 8, "PER")}),
        ({(0, 2, "PER")}, set()),
    ]
    found = metrics.by_type(rows)
    assert list(found) == ["PER", "LOC"]
    assert found["PER"] == {"f1": 0.5, "precision": 0.5, "recall": 0.5, "entities": 2}
    assert found["LOC"]["f1"] == 0
