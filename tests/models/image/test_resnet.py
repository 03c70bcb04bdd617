"""Tests of models/image/resnet.py."""

import dataclasses

import keras
import numpy as np
import pytest

from models.finetuning import trainable
from models.image import resnet
from tests import strict
from tests.models import classifier, conformance, tiny_images

SMALL = resnet.ResNetConfig(blocks=(1, 1), stem="small", width=3, image_size=8)


@pytest.fixture(scope="module")
def case():
    def conv(size, inputs, outputs):
        return size * size * inputs * outputs + 2 * outputs

    stem = conv(3, 3, 3)
    first = conv(3, 3, 3) + conv(3, 3, 3)
    second = conv(3, 3, 6) + conv(3, 6, 6) + conv(1, 3, 6)
    head = 6 * 3 + 3
    moving_statistics = 2 * (3 + 3 + 3 + 6 + 6 + 6)
    return conformance.Case(
        SMALL,
        tiny_images.FEATURES,
        6,
        trainable=stem + first + second + head,
        frozen=moving_statistics,
    )


PUBLISHED = [
    (18, 11_689_512),
    (34, 21_797_672),
    (50, 25_557_032),
    (101, 44_549_160),
    (152, 60_192_808),
]


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize(("depth", "published"), PUBLISHED)
def test_published_networks_have_the_published_size(depth, published):
    """The counts of torchvision's networks."""
    model = classifier.build(resnet.ResNetConfig(depth=depth), 1000)
    assert trainable.trainable_counts(model).trainable == published
    assert model.get_layer("features").output.shape == (None, 512 if depth < 50 else 2048)
    last = model.get_layer(f"stage_4_block_{resnet.DEPTHS[depth][1][-1]}_relu")
    assert last.output.shape[1:3] == (7, 7)


def test_plain_network_lacks_only_the_shortcuts(case):
    plain = classifier.build(dataclasses.replace(SMALL, shortcuts="plain"), 3)
    projection = 3 * 6 + 2 * 6
    assert trainable.trainable_counts(plain).trainable == case.trainable - projection
    assert not [layer for layer in plain.layers if isinstance(layer, keras.layers.Add)]


def test_bottleneck_blocks_end_four_times_as_wide():
    model = classifier.build(dataclasses.replace(SMALL, block="bottleneck"), 3)
    assert model.get_layer("features").output.shape == (None, 24)


@pytest.mark.parametrize(
    ("pixels", "wanted"),
    [
        ("channel_mean", [0.0 - 10, 51.0 - 20, 255.0 - 30]),
        ("unit", [0.0, 0.2, 1.0]),
        ("signed", [-1.0, -0.6, 1.0]),
        ("standardize", [(0 - 10) / 2, (51 - 20) / 4, (255 - 30) / 8]),
    ],
)
def test_pixels_are_normalised_per_channel(pixels, wanted):
    config = dataclasses.replace(
        SMALL, pixels=pixels, channel_mean=(10.0, 20.0, 30.0), channel_std=(2.0, 4.0, 8.0)
    )
    layer = classifier.build(config, 3).get_layer("pixels")
    image = np.full((1, 8, 8, 3), [0, 51, 255], "uint8")
    np.testing.assert_allclose(layer(image)[0, 0, 0], wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, r"exactly one of `depth` .* and `blocks`"),
        ({"depth": 18, "blocks": (1,)}, r"exactly one of `depth` .* and `blocks`"),
        ({"depth": 19}, "depth: .*18, 34, 50, 101 or 152, received 19"),
        ({"depth": 18, "block": "bottleneck"}, "`depth: 18` is made of basic blocks"),
        ({"blocks": ()}, "blocks: must be given, and not empty"),
        ({"blocks": (1, 0)}, r"blocks\[1\]: must be at least 1"),
        ({"blocks": (1,), "width": 0}, "width: must be at least 1"),
        ({"depth": 18, "image_size": 16}, "`image_size` must be at least 32 pixels"),
        ({"depth": 18, "channel_std": (1.0, 0.0, 1.0)}, r"channel_std\[1\]: must be above 0"),
    ],
)
def test_rejects_impossible_config(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.read(resnet.ResNetConfig, fields)
