"""How well neighbours are told, against NumPy."""

import keras
import numpy as np
import pytest
from scipy import special

from models.tasks.both_ways import losses
from models.tasks.both_ways.head import NOT_ASKED, ToldNeighbours

IDS = np.array([[2, 5, 6, 3, 0], [2, 7, 3, 0, 0]], "int32")
IS_TOKEN = (IDS > 0).astype("int32")


@pytest.fixture
def logits():
    random = np.random.default_rng(4)
    return random.normal(size=(2, 2, 5, 9)).astype("float32")


def told(logits):
    return np.array(ToldNeighbours()([*logits, IDS, IS_TOKEN]))


def by_hand(logits):
    """Log-probability and hit of each token by row, place and direction."""
    for row, size in enumerate((4, 3)):
        for place in range(size):
            if place > 0:
                seen = special.log_softmax(logits[0][row, place - 1])
                token = IDS[row, place]
                yield (row, place, 0), seen[token], float(seen.argmax() == token)
            if place < size - 1:
                seen = special.log_softmax(logits[1][row, place + 1])
                token = IDS[row, place]
                yield (row, place, 1), seen[token], float(seen.argmax() == token)


def test_each_token_is_told_by_the_one_before_it_and_by_the_one_after_it(logits):
    found = told(logits)
    known = list(by_hand(logits))
    for place, log_probability, is_hit in known:
        np.testing.assert_allclose(found[place], [log_probability, is_hit], atol=1e-5)
    asked = found[..., 1] != NOT_ASKED
    assert asked.sum() == len(known) == 10
    assert (found[~asked] == [0, NOT_ASKED]).all()


def test_the_loss_is_the_mean_over_all_tokens_and_both_directions(logits):
    expected = -np.mean([value for _, value, _ in by_hand(logits)])
    loss = losses.NeighbourCrossEntropy()(np.zeros(2), told(logits))
    assert float(loss) == pytest.approx(expected, abs=1e-5)


def test_a_hit_is_counted_in_both_directions(logits):
    logits[0][0, 1, 6] = logits[1][1, 2, 7] = 9  # What follows in one row, what precedes in one.
    metric = losses.NeighbourAccuracy()
    metric.update_state(np.zeros(2), told(logits))
    expected = np.mean([is_hit for _, _, is_hit in by_hand(logits)])
    assert float(metric.result()) == pytest.approx(expected)
    assert expected >= 0.2


def test_equal_logits_cost_the_logarithm_of_the_number_of_pieces():
    found = told(np.zeros((2, 2, 5, 9), "float32"))
    loss = losses.NeighbourCrossEntropy()(np.zeros(2), found)
    assert float(loss) == pytest.approx(np.log(9), abs=1e-6)


def test_texts_without_a_piece_cost_what_their_ends_do():
    empty = np.array([[2, 3, 0]], "int32")
    layer = ToldNeighbours()
    given = np.zeros((1, 3, 9), "float32")
    found = np.array(layer([given, given, empty, (empty > 0).astype("int32")]))
    assert (found[..., 1] >= 0).sum() == 2
    assert keras.ops.shape(found) == (1, 3, 2, 2)
