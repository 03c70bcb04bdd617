"""Tests of models/image/vit.py and the layers of token sequences."""

import numpy as np
import pytest

from models.finetuning import trainable
from models.image import vit
from models.layers.positions import SinusoidalPositions
from tests import strict
from tests.models import classifier, conformance, tiny_images

SMALL = vit.ViTConfig(
    image_size=8, patch_size=4, hidden_dim=6, num_layers=2, num_heads=3, mlp_dim=7
)


@pytest.fixture(scope="module")
def case():
    patches = 4 * 4 * 3 * 6 + 6
    tokens = 6 + (1 + 2 * 2) * 6
    attention = 4 * (6 * 6 + 6)
    perceptron = (6 * 7 + 7) + (7 * 6 + 6)
    block = attention + perceptron + 2 * 2 * 6
    head = 2 * 6 + 6 * 3 + 3
    return conformance.Case(
        SMALL, tiny_images.FEATURES, 6, patches + tokens + 2 * block + head, frozen=0
    )


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize(
    ("size", "published"),
    [("tiny", 5_717_416), ("small", 22_050_664), ("base", 86_567_656), ("large", 304_326_632)],
)
def test_published_networks_have_the_published_size(size, published):
    """The counts of ViT-B/16 and L/16 with 1,000 classes, and of DeiT's smaller two."""
    model = classifier.build(vit.ViTConfig(size=size), 1000)
    assert trainable.trainable_counts(model) == trainable.TrainableCounts(published, 0)


def test_sinusoidal_positions_follow_the_formula():
    got = SinusoidalPositions()(np.zeros((1, 3, 4), "float32"))[0]
    p = 2
    wanted = [np.sin(p), np.cos(p), np.sin(p / 100), np.cos(p / 100)]
    np.testing.assert_allclose(got[p], wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"patch_size": 15}, r"`patch_size` must divide `image_size` \(224 pixels\)"),
        ({"num_heads": 5}, r"`num_heads` must divide `hidden_dim` \(192\)"),
        ({"num_layers": 0}, "num_layers: must be at least 1"),
    ],
)
def test_rejects_impossible_config(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.read(vit.ViTConfig, fields)
