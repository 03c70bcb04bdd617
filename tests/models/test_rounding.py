"""Tests of models/rounding.py."""

import keras
import numpy as np
import pytest

from models import rounding


@pytest.fixture
def model():
    keras.utils.set_random_seed(3)
    inputs = keras.Input((5,))
    x = keras.layers.BatchNormalization()(keras.layers.Dense(7)(inputs))
    return keras.Model(inputs, keras.layers.Dropout(0.5)(x))


def test_each_weight_is_one_of_its_neighbours_and_zeros_stay(model):
    before = model.get_weights()
    with rounding.weights_moved(model):
        moved = model.get_weights()
    for old, new in zip(before, moved, strict=True):
        if old.dtype != np.float32:
            assert np.array_equal(old, new)  # Seeds of random numbers.
            continue
        lower, upper = np.nextafter(old, np.float32(-np.inf)), np.nextafter(old, np.float32(np.inf))
        assert np.all(np.where(old == 0, new == 0, (new == lower) | (new == upper)))
    assert len(np.unique(np.sign(moved[0] - before[0]))) == 2


def test_the_weights_are_the_same_again_even_after_an_error(model):
    before = model.get_weights()
    with pytest.raises(OSError, match="disk"), rounding.weights_moved(model):
        raise OSError("disk")
    assert all(map(np.array_equal, before, model.get_weights()))
