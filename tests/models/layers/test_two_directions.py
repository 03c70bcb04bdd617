"""States of two directions that never see each other, against the recurrence by hand."""

import keras
import numpy as np
import pytest

from models.layers.two_directions import TwoDirections

MASK = np.array([[True] * 5, [True, True, True, False, False]])


@pytest.fixture
def layer():
    keras.utils.set_random_seed(3)
    found = TwoDirections(3)
    found.build((None, None, 4))
    return found


def given(seed=0):
    return np.random.default_rng(seed).normal(size=(2, 5, 4)).astype("float32")


def by_hand(lstm, steps):
    """Hochreiter and Schmidhuber (1997) with a forget gate; Keras joins gates i, f, c, o."""
    kernel, recurrent, bias = lstm.get_weights()
    h, c = np.zeros(3), np.zeros(3)
    found = []
    for x in steps:
        i, f, z, o = np.split(x @ kernel + h @ recurrent + bias, 4)
        c = c / (1 + np.exp(-f)) + np.tanh(z) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        found.append(h)
    return np.array(found)


def test_halves_are_the_recurrence_from_either_end(layer):
    x = given()
    states = layer(x, MASK)
    for row, size in enumerate((5, 3)):
        forward = by_hand(layer.forward, x[row, :size, :2])
        backward = by_hand(layer.backward, x[row, :size, 2:][::-1])[::-1]
        np.testing.assert_allclose(states[row, :size, :3], forward, atol=1e-6)
        np.testing.assert_allclose(states[row, :size, 3:], backward, atol=1e-6)


def test_a_changed_token_changes_no_state_before_it_forward_nor_after_it_backward(layer):
    x, other = given(), given()
    other[0, 2] += 1
    states, changed = np.array(layer(x, MASK)), np.array(layer(other, MASK))
    same = (states == changed)[0]
    assert same[:2, :3].all()
    assert same[3:, 3:].all()
    assert not same[2:, :3].any()
    assert not same[:3, 3:].any()


def test_it_is_saved_and_loaded_with_its_weights(tmp_path, layer):
    x, mask = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    model = keras.Model([x, mask], layer(x, mask))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded([given(), MASK]), model([given(), MASK]))


def test_both_directions_compute_in_the_type_of_the_layer():
    layer = TwoDirections(3, dtype="float64")
    assert layer.forward.compute_dtype == layer.backward.compute_dtype == "float64"
