"""Tests of pipeline/modules/augmenters.py: the copies that the Augment stage is given."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from models.image.augmentation import colour_config
from models.image.augmentation.config import Crop, Flip, MixUp
from pipeline.config import loading
from pipeline.modules import augmenters


def png(seed, mode="RGB"):
    pixels = np.random.default_rng(seed).integers(0, 255, (6, 5, 3)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, "PNG")
    return stream.getvalue()


def images(*chosen, copies=1, holds="category"):
    text = loading.dump_operations(chosen)
    resources = {"image_size": 4, "copies": copies, "holds": holds}
    return augmenters.image_augmenter(text, json.dumps(resources), 3)


INPUTS = [(png(0),), (png(1, "L"),), (png(2, "RGBA"),)]
LABELS = ["cat", "dog", "cat"]


@pytest.fixture(scope="module")
def flipping():
    return images(Flip(probability=1.0))


def test_written_images_are_augmented_at_the_models_size_and_in_order(flipping):
    made = list(flipping.augment(INPUTS, LABELS, 0, [1, 0, 1]))
    assert [copy.row for copy in made] == [0, 2]
    assert {copy.operation for copy in made} == {"policy"}
    for copy in made:
        assert np.asarray(Image.open(io.BytesIO(copy.inputs[0]))).shape == (4, 4, 3)


def test_equal_seeds_give_equal_images():
    shifting = images(Crop(padding=3))
    first, again, other = (
        [copy.inputs[0] for copy in shifting.augment(INPUTS, LABELS, seed, [3, 3, 3])]
        for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other


def test_an_image_that_came_out_as_it_was_is_dropped_and_counted():
    never = images(Flip(probability=0.0))
    assert list(never.augment(INPUTS, LABELS, 0, [1, 2, 0])) == []
    assert never.dropped == {"policy": 3}


def test_a_copy_equal_to_another_of_its_image_is_dropped_and_counted():
    always = images(Flip(probability=1.0))
    assert [copy.row for copy in always.augment(INPUTS, LABELS, 0, [3, 0, 2])] == [0, 2]
    assert always.dropped == {"policy": 3}


def test_many_copies_of_one_image_are_drawn_each_by_itself():
    shifting = images(colour_config.ChannelShift(levels=100.0))
    made = list(shifting.augment(INPUTS[:1], LABELS[:1], 0, [200]))
    assert len(made) == len({copy.inputs[0] for copy in made}) == 200


def test_a_preview_shows_originals_as_operations_see_them(flipping):
    deep = io.BytesIO()
    Image.fromarray(np.full((4, 4), 0x8000, np.uint16)).save(deep, "PNG")
    shown = list(flipping.show([(deep.getvalue(),), INPUTS[2]], ["a", "b"], 0))
    originals = [copy for copy in shown if copy.operation == "original"]
    assert [copy.row for copy in originals] == [0, 1]
    pixels = np.asarray(Image.open(io.BytesIO(originals[0].inputs[0])))
    assert pixels.shape == (4, 4, 3) and np.all(pixels == 0x80)
    assert flipping.shown == ("flip",)


def test_where_images_are_augmented_anew_a_copy_is_the_image_itself():
    repeating = images(Flip(), copies=0)
    made = list(repeating.augment(INPUTS, LABELS, 0, [0, 2, 0]))
    assert [(copy.row, copy.operation) for copy in made] == [(1, "repeated")] * 2
    assert {copy.inputs for copy in made} == {INPUTS[1]}


def test_a_preview_shows_each_operation_alone_and_mixed_labels_as_shares():
    some = images(Flip(probability=0.0), MixUp(alpha=5.0))
    made = list(some.show(INPUTS, LABELS, 0))
    names = [copy.operation for copy in made]
    assert names == ["original"] * 3 + ["flip"] * 3 + ["mixup"] * 3 + ["policy"] * 3
    flipped = np.asarray(Image.open(io.BytesIO(made[3].inputs[0])))
    assert flipped.std() > 0
    assert all("%" in copy.note for copy in made[6:])
    assert made[3].note == ""
    # The second image is of the one dog: all of its shares are of known labels.
    assert set(made[7].note.replace("%", "").split()) & {"cat", "dog"}


def test_a_preview_shows_sets_of_labels_mixed_label_by_label():
    made = list(images(MixUp(alpha=5.0), holds="categories").show(INPUTS, [("a", "b"), (), ()], 0))
    notes = {copy.row: copy.note for copy in made if copy.operation == "mixup"}
    # Each image is mixed with the one before it, the first with the last.
    first, second, third = (notes[row] for row in range(3))
    share_of_a, share_of_b = (part.split("%")[0] for part in first.split(", "))
    assert share_of_a == share_of_b
    assert {word for word in second.replace(",", "").split() if "%" not in word} == {"a", "b"}
    assert third == "no label"


def test_a_preview_shows_numbers_blended():
    made = list(images(MixUp(alpha=5.0), holds="number").show(INPUTS, [10.0, 20.0, 20.0], 0))
    notes = {copy.row: float(copy.note) for copy in made if copy.operation == "mixup"}
    assert 10 < notes[0] < 20 and 10 < notes[1] < 20
    assert notes[2] == 20


def test_doubts_reach_the_stage(flipping):
    assert "characters" in flipping.warnings(["0", "1"])[0]
    assert flipping.warnings(["cat", "dog"]) == []


def test_texts_are_made_and_dropped_ones_counted(tmp_path):
    swap = {"kind": "eda", "synonyms": [], "random_swap": {"n_aug": 2}}
    for name in ("synonym_replacement", "random_insertion", "random_deletion"):
        swap[name] = {"n_aug": 0}
    chosen = loading.dump_operations(loading.load_operations(json.dumps([swap])))
    resources = {"cache": str(tmp_path), "columns": ["text"]}
    texts = augmenters.text_augmenter(chosen, json.dumps(resources), 3)
    inputs = [("하나 둘 셋 넷".encode(),), (b"one",), (b"",)]
    made = list(texts.augment(inputs, ["a", "b", "b"], 0, [2, 2, 2]))
    assert {copy.row for copy in made} == {0}
    for copy in made:
        assert sorted(copy.inputs[0].decode().split()) == sorted(["하나", "둘", "셋", "넷"])
    assert texts.copies == 2
    assert len(made) + texts.dropped.total() == 6
    assert {copy.operation for copy in texts.show(inputs, ["a", "b", "b"], 0)} == {
        "eda.random_swap"
    }
