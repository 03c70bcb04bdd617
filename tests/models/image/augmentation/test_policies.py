"""Tests of models/image/augmentation: whole policies, and the configs."""

import io

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from models.image.augmentation import colour_config, config, drawn_policies, policy
from models.image.augmentation.operation import mixes_targets
from models.image.input import decode
from pipeline.config.problems import ConfigError
from tests import strict

NEVER = tuple(kind(probability=0.0) for kind in config.OPERATIONS.values())
SOME = (config.Crop(padding=2), config.Flip(), colour_config.Contrast(), config.MixUp(alpha=1.0))


def images(number=5, height=6, width=9):
    rng = np.random.default_rng(0)
    return tf.constant(rng.integers(0, 256, (number, height, width, 3)), tf.uint8)


def labels(number=5):
    return tf.range(number, dtype=tf.int64) % 3


def shares(ids):
    return tf.one_hot(ids, 3)


@pytest.fixture(scope="module")
def augment():
    return policy.augmenter(SOME, shares)


def test_what_is_never_chosen_changes_nothing():
    changed, mixed = policy.augmenter(NEVER, shares)(images(), labels(), (1, 2))
    np.testing.assert_array_equal(changed, images())
    np.testing.assert_array_equal(mixed, tf.one_hot(labels(), 3))


def test_the_seed_decides_and_nothing_else(augment):
    first, first_shares = augment(images(), labels(), (1, 2))
    tf.random.set_seed(7)
    again, again_shares = augment(images(), labels(), (1, 2))
    other, other_shares = augment(images(), labels(), (1, 3))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first_shares, again_shares)
    assert np.any(first != other)
    assert np.any(first_shares != other_shares)


@pytest.mark.parametrize("kind", [config.MixUp, config.CutMix])
def test_numbers_and_sets_of_labels_are_blended_as_shares_are(kind):
    operations, seed = (kind(alpha=1.0),), (1, 2)
    _, each = policy.augmenter(operations, lambda ids: tf.one_hot(ids, 5))(
        images(), tf.range(5, dtype=tf.int64), seed
    )
    own, before = each.numpy().diagonal(), 1 - each.numpy().diagonal()
    for targets in (
        np.array([[-2.0], [0.5], [10.0], [3.0], [4.0]], "float32"),
        np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0], [1, 1, 0]], "float32"),
    ):
        _, blended = policy.augmenter(operations)(images(), tf.constant(targets), seed)
        expected = own[:, None] * targets + before[:, None] * np.roll(targets, 1, axis=0)
        np.testing.assert_allclose(blended, expected, rtol=1e-5)


def test_mixing_gives_shares_of_integer_labels_and_keeps_the_images_type(augment):
    changed, shares = augment(images(), labels(), (1, 2))
    assert (changed.dtype, changed.shape) == (tf.uint8, images().shape)
    assert (shares.dtype, shares.shape) == (tf.float32, (5, 3))
    np.testing.assert_allclose(np.sum(shares, axis=1), 1.0, rtol=1e-6)
    assert np.max(shares) < 1.0


def test_without_mixing_labels_stay_as_they_are():
    assert not mixes_targets([config.Flip()])
    _, same = policy.augmenter([config.Flip()])(images(), labels(), (1, 2))
    np.testing.assert_array_equal(same, labels())


def test_an_input_pipeline_gives_what_a_call_gives(augment):
    batches = tf.data.Dataset.from_tensor_slices((images(), labels())).batch(3).enumerate()
    mapped = batches.map(lambda index, batch: augment(*batch, tf.stack([1, index])))
    for index, (changed, shares) in enumerate(mapped):
        rows = slice(3 * index, 3 * index + 3)
        wanted, wanted_shares = augment(images()[rows], labels()[rows], (1, index))
        np.testing.assert_array_equal(changed, wanted)
        np.testing.assert_array_equal(shares, wanted_shares)


@pytest.mark.parametrize("kind", ["rand_augment", "augmix"])
def test_policies_draw_for_each_image_by_itself(kind):
    same = tf.repeat(images(1, 8, 5), 8, axis=0)
    augment = policy.augmenter([config.OPERATIONS[kind]()])
    changed, _ = augment(same, tf.zeros(8, tf.int64), (1, 2))
    assert len({image.tobytes() for image in changed.numpy()}) > 2
    again, _ = augment(same, tf.zeros(8, tf.int64), (1, 2))
    np.testing.assert_array_equal(changed, again)


@pytest.mark.parametrize(
    ("first", "weakest", "strongest"), [(8, {8.0, 7.0}, 4.0), (4, {4.0, 3.0}, 1.0)]
)
def test_policies_posterise_as_their_authors_do(first, weakest, strongest):
    for strength, wanted in ((0.03, weakest), (0.3, weakest), (1.0, {strongest})):
        used, strengths = tf.fill((5,), True), tf.fill((5,), strength)
        _, step = drawn_policies.draw_step(
            ["posterise"], (1, 2), used, strengths, (8, 8), bits=first
        )
        assert set(step.bits.numpy().tolist()) <= wanted


def test_neighbours_that_move_pixels_are_done_at_once():
    operations = [
        config.Crop(),
        config.Flip(),
        colour_config.Hue(),
        colour_config.Greyscale(),
        config.Rotation(),
        config.Crop(fill="reflect"),
        config.Erasing(),
        config.Erasing(),
    ]
    assert policy.blocks(operations) == [[0, 1], [2, 3], [4], [5], [6], [7]]


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1"])
def test_grey_and_transparent_images_are_decoded_to_colours_first(mode):
    file = io.BytesIO()
    PIL.Image.new(mode, (7, 4), 1 if mode != "RGBA" else (9, 200, 3, 128)).save(file, "PNG")
    decoded = decode.decode(tf.constant([file.getvalue()]), 6)
    changed, _ = policy.augmenter([config.Flip(probability=1.0)])(decoded, [0], (1, 2))
    assert changed.shape == (1, 6, 6, 3)
    np.testing.assert_array_equal(changed, decoded)  # One colour, so flipping shows nothing.


def test_every_operation_states_what_it_assumes():
    assert [name for name, kind in config.OPERATIONS.items() if not kind.assumes] == []
    assert [name for name, kind in config.OPERATIONS.items() if kind().kind != name] == []


def test_what_an_image_loses_depends_on_the_fields():
    assert config.Flip().loses == {"mirroring"}
    assert config.Flip(direction="vertical").loses == {"mirroring", "direction"}
    assert config.Rotation(degrees=89).loses == frozenset()
    assert config.Rotation(degrees=90).loses == {"direction"}
    assert colour_config.Greyscale().loses == {"colour"}


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("flip", {"probability": 1.5}, "probability: must be from 0 to 1. Received: 1.5"),
        ("crop", {"padding": 0}, "padding: must be at least 1"),
        ("rotation", {"degrees": 181.0}, "degrees: must be above 0 and at most 180. Received"),
        ("hue", {"degrees": 0.0}, "degrees: must be above 0 and at most 180. Received"),
        ("resized_crop", {"area": (0.0, 1.0)}, r"area\[0\]: must be above 0 and at most 1"),
        (
            "erasing",
            {"ratio": (2.0, 1.0)},
            r"ratio: must be a lowest and a highest value, in this order. Received: \[2.0, 1.0\]",
        ),
        ("mixup", {"alpha": 0.0}, "alpha: must be above 0. Received: 0.0"),
        ("contrast", {"strength": 1.1}, "strength: must be above 0 and at most 1. Received"),
        ("posterise", {"bits": 9}, "bits: must be from 1 to 8. Received: 9"),
        ("solarise", {"threshold": -1.0}, "threshold: must be from 0 to 256. Received"),
        ("channel_shift", {"levels": 0.0}, "levels: must be above 0 and at most 255. Received"),
        ("rand_augment", {"operations": 0}, "operations: must be at least 1"),
        ("rand_augment", {"magnitude": 31.0}, "magnitude: must be from 0 to 30. Received"),
        ("augmix", {"depth": 0}, "depth: must be at least 1. Received: 0"),
    ],
)
def test_impossible_fields_are_refused(kind, fields, message):
    with pytest.raises(ConfigError, match=message):
        strict.read(config.OPERATIONS[kind], fields)
