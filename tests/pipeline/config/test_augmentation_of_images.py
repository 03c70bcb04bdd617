"""Tests of `augmentation:` for images in pipeline/config/sections.py."""

import pytest

from models.image.augmentation.config import Crop, Flip, ResizedCrop
from pipeline.config import loading, sections
from pipeline.config.problems import ConfigError

DATA = {
    "name": "photos",
    "task": {"kind": "image_classification"},
    "data": {"source": {"kind": "image_folder", "path": "photos"}},
    "model": {"kind": "resnet", "blocks": [1]},
}


def load(*augmentation, **fields):
    return loading.from_mapping(
        {**DATA, "augmentation": [*augmentation], **fields}, source="x.yaml"
    )


def test_operations_are_names_or_mappings():
    loaded = load(
        {"kind": "crop", "padding": 2}, "flip", {"kind": "resized_crop", "area": [0.5, 1]}
    )
    assert loaded.augmentation == (Crop(padding=2), Flip(), ResizedCrop(area=(0.5, 1.0)))
    again = loading.from_mapping(loading.to_mapping(loaded), source="x.yaml")
    assert again.augmentation == loaded.augmentation


def test_fields_of_an_operation_can_be_searched():
    space = {
        "augmentation.1.degrees": {"linear": [5.0, 20.0]},
        "augmentation.0.probability": {"values": [0.2, 0.5]},
    }
    loaded = load("flip", {"kind": "rotation", "degrees": 9.0}, tuning={"space": space})
    text = loading.dump_learner(sections.learner(loaded, with_tuning=True))
    values = {"augmentation.1.degrees": 7.0, "augmentation.0.probability": 0.2}
    trial = loading.load_learner(text, values)
    assert [operation.probability for operation in trial.augmentation] == [0.2, 1.0]
    assert trial.augmentation[1].degrees == 7.0


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("flop", r"augmentation\[1\]: Unknown operation 'flop'. Did you mean 'flip'?"),
        ({"kind": "crop", "paddng": 1}, r"augmentation\[1\].paddng: unknown key. Did you mean"),
        ({"kind": "rotation", "degrees": 400}, r"augmentation\[1\].degrees: must be above 0 and"),
    ],
)
def test_what_is_wrong_with_an_operation_is_told_with_its_place(operation, message):
    with pytest.raises(ConfigError, match=message):
        load("flip", operation)


def test_impossible_ends_of_a_searched_field_are_found_before_the_search():
    space = {"augmentation.0.degrees": {"linear": [5.0, 200.0]}}
    with pytest.raises(ConfigError, match="tuning.space.augmentation.0.degrees: must be"):
        load("rotation", tuning={"space": space})
