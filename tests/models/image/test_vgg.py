"""Tests of models/image/vgg.py."""

import pytest

from models.finetuning import trainable
from models.image import vgg
from models.recipe import Recipe
from tests import strict
from tests.models import classifier, conformance, tiny_images

SMALL = vgg.VGGConfig(
    depth=11,
    image_size=19,
    width=2,
    hidden_dim=5,
    recipe=Recipe(initializer="he_normal", normalization="batch", dropout=0.0),
)


@pytest.fixture(scope="module")
def case():
    widths = [3, 2, 4, 8, 8, 16, 16, 16, 16]
    pairs = list(zip(widths, widths[1:], strict=False))
    # Batch normalisation has a scale and a shift instead of the bias.
    convolutions = sum(9 * inputs * outputs + 2 * outputs for inputs, outputs in pairs)
    dense = (16 * 5 + 2 * 5) + (5 * 5 + 2 * 5) + (5 * 3 + 3)
    moving_statistics = 2 * (sum(widths[1:]) + 5 + 5)
    return conformance.Case(SMALL, tiny_images.FEATURES, 5, convolutions + dense, moving_statistics)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize(
    ("depth", "published"),
    [(11, 132_863_336), (13, 133_047_848), (16, 138_357_544), (19, 143_667_240)],
)
def test_published_networks_have_the_published_size(depth, published):
    """The counts of the paper's released networks, as torchvision lists them."""
    model = classifier.build(vgg.VGGConfig(depth=depth), 1000)
    assert trainable.trainable_counts(model) == trainable.TrainableCounts(published, 0)


def test_small_images_survive_five_poolings():
    model = classifier.build(vgg.VGGConfig(depth=11, image_size=28, width=2, hidden_dim=3), 4)
    assert model.get_layer("stage_5_pool").output.shape == (None, 1, 1, 16)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"image_size": 16}, "image_size: must be at least 17. Received: 16. Five poolings"),
        ({"width": 0}, "width: must be at least 1"),
        ({"hidden_dim": 0}, "hidden_dim: must be at least 1"),
    ],
)
def test_rejects_impossible_config(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.read(vgg.VGGConfig, fields)
