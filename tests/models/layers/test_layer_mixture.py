"""Layers are mixed by shares that sum to the factor."""

import numpy as np

from models.layers.layer_mixture import LayerMixture


def test_all_layers_count_alike_at_first():
    layers = [np.full((2, 3, 4), value, "float32") for value in (1, 2, 6)]
    np.testing.assert_allclose(LayerMixture()(layers), np.full((2, 3, 4), 3), rtol=1e-6)


def test_shares_are_a_softmax_times_the_factor():
    mixture = LayerMixture()
    mixture.build([(None, None, 1)] * 2)
    mixture.set_weights([np.log([1.0, 3.0]), np.array(2.0)])
    found = mixture([np.full((1, 1, 1), 4.0, "float32"), np.full((1, 1, 1), 8.0, "float32")])
    np.testing.assert_allclose(found, [[[2 * (0.25 * 4 + 0.75 * 8)]]], rtol=1e-6)
