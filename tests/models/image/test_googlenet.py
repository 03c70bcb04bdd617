"""Tests of models/image/googlenet.py."""

import pytest

from models.finetuning import trainable
from models.image import googlenet
from models.recipe import Recipe
from tests import strict
from tests.models import classifier, conformance, tiny_images

SMALL = googlenet.GoogLeNetConfig(
    image_size=8, stem="small", width=1 / 32, recipe=Recipe(normalization="batch", dropout=0.0)
)


def count(width):
    """Convolution weights with scale and shift, and moving statistics, by hand."""

    def scaled(filters):
        return max(1, round(filters * width))

    trained = moved = 0
    inputs = scaled(192)
    trained += 27 * inputs + 2 * inputs
    moved += 2 * inputs
    for module in (module for stage in googlenet.STAGES for module in stage):
        reduced_3, reduced_5 = scaled(module.reduce_3), scaled(module.reduce_5)
        outputs = [scaled(n) for n in (module.conv_1, module.conv_3, module.conv_5, module.pool)]
        kernels = inputs * (outputs[0] + reduced_3 + reduced_5 + outputs[3])
        kernels += 9 * reduced_3 * outputs[1] + 25 * reduced_5 * outputs[2]
        filters = sum(outputs) + reduced_3 + reduced_5
        trained += kernels + 2 * filters
        moved += 2 * filters
        inputs = sum(outputs)
    return trained + inputs * 3 + 3, moved, inputs


@pytest.fixture(scope="module")
def case():
    trained, moved, dim = count(1 / 32)
    return conformance.Case(SMALL, tiny_images.FEATURES, dim, trained, moved)


@pytest.mark.parametrize("check", conformance.CHECKS)
def test_conforms(check, case, tmp_path):
    check(case, tmp_path)


def test_published_network_has_the_published_size():
    """The count of Caffe's `bvlc_googlenet` without its auxiliary classifiers."""
    model = classifier.build(googlenet.GoogLeNetConfig(), 1000)
    assert trainable.trainable_counts(model) == trainable.TrainableCounts(6_998_552, 0)
    shapes = {"inception_3b": (28, 28, 480), "inception_4e": (14, 14, 832)}
    for name, shape in {**shapes, "inception_5b": (7, 7, 1024)}.items():
        assert model.get_layer(f"{name}_concat").output.shape == (None, *shape)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width": -1.0}, "width: must be above 0"),
        ({"image_size": 28}, "`image_size` must be at least 32 pixels with `stem: imagenet`"),
    ],
)
def test_rejects_impossible_config(fields, message):
    with pytest.raises(ValueError, match=message):
        strict.read(googlenet.GoogLeNetConfig, fields)
