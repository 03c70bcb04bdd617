"""Tests that what an image model's config accepts can be built, over the zoo."""

import dataclasses

import pytest

from models import zoo
from models.image import config as image_config
from tests import strict
from tests.models import classifier

NARROW = {
    "alexnet": {"width": 1 / 32},
    "googlenet": {"width": 1 / 32},
    "mobilenet": {"width_multiplier": 1 / 32},
    "resnet": {"blocks": (1, 1, 1, 1), "width": 2},
    "vgg": {"width": 2, "hidden_dim": 4},
    "vit": {"num_layers": 1},
}
"""Fields that make a model small, by its name."""
IMAGE_MODELS = [
    name
    for name, entry in zoo.MODELS.items()
    if issubclass(entry.config, image_config.ImageModelConfig)
]
CASES = [
    (name, fields)
    for name in IMAGE_MODELS
    for fields in (
        [{"stem": "imagenet"}, {"stem": "small"}]
        if "stem" in {field.name for field in dataclasses.fields(zoo.MODELS[name].config)}
        else [{}]
    )
]


def smallest_accepted(name, fields):
    for size in range(1, 225):
        try:
            return strict.check(zoo.MODELS[name].config(**NARROW[name], **fields, image_size=size))
        except ValueError:
            continue
    raise AssertionError(f"{name} accepts no size up to 224 pixels")


@pytest.mark.parametrize(("name", "fields"), CASES)
def test_the_smallest_accepted_image_can_be_built(name, fields):
    config = smallest_accepted(name, fields)
    model = classifier.build(config, 3)
    assert model.output.shape == (None, 3)


@pytest.mark.parametrize("name", [name for name, fields in CASES if fields == {"stem": "small"}])
def test_an_image_too_small_for_the_large_stem_is_sent_to_the_small_one(name):
    smallest = smallest_accepted(name, {"stem": "small"}).image_size
    with pytest.raises(ValueError, match=f"Use `stem: small`, which needs {smallest} pixels, or"):
        zoo.MODELS[name].config(**NARROW[name], image_size=28)
    with pytest.raises(ValueError, match=r"Received: image_size=0\. Raise `image_size`\.$"):
        zoo.MODELS[name].config(**NARROW[name], image_size=0)
