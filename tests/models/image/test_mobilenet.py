"""Tests of models/image/mobilenet.py."""

import keras
import pytest

from models.finetuning import trainable
from models.image import mobilenet
from tests import strict
from tests.models import classifier, conformance, tiny_images

SMALL = mobilenet.MobileNetConfig(image_size=9, stem="small", width_multiplier=1 / 32)


@pytest.fixture(scope="module")
def case():
    widths = [1] + [filters // 32 for filters, _ in mobilenet.BLOCKS]
    pairs = list(zip(widths, widths[1:], strict=False))
    stem = 27 * 1 + 2
    separable = sum(
        9 * inputs + 2 * inputs + inputs * outputs + 2 * outputs for inputs, outputs in pairs
    )
    moving_statistics = 2 * (1 + sum(inputs + outputs for inputs, outputs in pairs))
    return conformance.Case(
        SMALL, tiny_images.FEATURES, 32, stem + separable + 32 * 3 + 3, moving_statistics
    )


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


@pytest.mark.parametrize("multiplier", [1.0, 0.25])
def test_published_networks_have_the_published_size(multiplier):
    released = keras.applications.MobileNet(alpha=multiplier, weights=None)
    model = classifier.build(mobilenet.MobileNetConfig(width_multiplier=multiplier), 1000)
    assert trainable.trainable_counts(model) == trainable.trainable_counts(released)
    if multiplier == 1.0:
        assert trainable.trainable_counts(model).trainable == 4_231_976


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width_multiplier": 0.0}, "width_multiplier: must be above 0"),
        ({"image_size": 28}, "`image_size` must be at least 32 pixels with `stem: imagenet`"),
    ],
)
def test_rejects_impossible_config(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.read(mobilenet.MobileNetConfig, fields)
