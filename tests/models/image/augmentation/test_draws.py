"""Tests of models/image/augmentation: what is drawn, how often, how far, from which seed."""

import colorsys
import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from models.image.augmentation import (
    colour,
    colour_config,
    config,
    covering,
    drawn_policies,
    draws,
    geometry,
    packing,
    policy,
    tables,
)

SEED = (3, 4)
MANY = 4000


def photo(number=4, height=8, width=8):
    rng = np.random.default_rng(1)
    return tf.constant(rng.integers(20, 230, (number, height, width, 3)), tf.uint8)


def test_names_alone_stand_for_the_published_values():
    crop, resized, erasing = config.Crop(), config.ResizedCrop(), config.Erasing()
    assert (crop.padding, crop.probability) == (4, 1.0)  # He et al. (2015), section 4.2.
    assert resized.area == (0.08, 1.0)
    assert resized.ratio == pytest.approx((3 / 4, 4 / 3))  # Szegedy et al. (2014), section 6.
    assert (erasing.probability, erasing.area) == (0.5, (0.02, 0.4))
    assert erasing.ratio == pytest.approx((0.3, 1 / 0.3))  # Zhong et al. (2017), section 4.2.
    assert (config.MixUp().alpha, config.CutMix().alpha) == (0.2, 1.0)
    rand, augmix = config.RandAugment(), config.AugMix()
    assert (rand.operations, rand.magnitude) == (2, 9.0)
    assert (augmix.width, augmix.depth, augmix.severity, augmix.alpha) == (3, 3, 3.0, 1.0)
    assert (config.Flip().probability, config.Rotation().degrees) == (0.5, 15.0)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("crop", {"padding": 1}),
        ("resized_crop", {"area": (1.0, 1.0)}),
        ("flip", {"probability": 0.0}),
        ("flip", {"probability": 1.0}),
        ("rotation", {"degrees": 180.0}),
        ("hue", {"degrees": 180.0}),
        ("channel_shift", {"levels": 255.0}),
        ("contrast", {"strength": 1.0}),
        ("solarise", {"threshold": 0.0}),
        ("solarise", {"threshold": 256.0}),
        ("posterise", {"bits": 1}),
        ("posterise", {"bits": 8}),
        ("rand_augment", {"operations": 1, "magnitude": 0.0}),
        ("rand_augment", {"magnitude": 30.0}),
        ("augmix", {"width": 1, "depth": 1, "severity": 0.0}),
        ("augmix", {"severity": 10.0}),
    ],
)
def test_the_ends_of_ranges_are_allowed_and_drawn_from(kind, fields):
    augment = policy.augmenter([config.OPERATIONS[kind](**fields)], lambda ids: tf.one_hot(ids, 2))
    changed, _ = augment(photo(), tf.zeros(4, tf.int64), SEED)
    assert changed.shape == (4, 8, 8, 3)
    if fields == {"probability": 0.0}:
        np.testing.assert_array_equal(changed, photo())


def test_numbers_are_even_and_apart_for_each_image_seed_and_place():
    drawn = np.stack(draws.uniforms(SEED, MANY, 3))
    assert (drawn.min() >= 0) and (drawn.max() < 1)
    for numbers in drawn:
        counts = np.histogram(numbers, 10, (0, 1))[0]
        assert counts.min() > MANY / 10 * 0.8
    assert np.abs(np.corrcoef(drawn) - np.eye(3)).max() < 0.08
    np.testing.assert_array_equal(drawn, np.stack(draws.uniforms(SEED, MANY, 3)))
    seeds = {tuple(draws.fold(SEED, number).numpy().tolist()) for number in range(100)}
    assert len(seeds) == 100
    seeds |= {tuple(seed.numpy().tolist()) for seed in draws.split(SEED, 100)}
    assert len(seeds) == 200


def test_numbers_even_in_the_logarithm_halve_as_often_as_they_double():
    drawn = draws.between_in_logarithm(draws.uniforms(SEED, MANY, 1)[0], 0.25, 4.0).numpy()
    assert drawn.min() < 0.26 and 3.8 < drawn.max() < 4.0
    assert 0.46 < np.mean(drawn < 1) < 0.54


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
@pytest.mark.parametrize(
    ("draw", "operation", "still"),
    [
        (colour.draw_factor, colour_config.Contrast, 1.0),
        (colour.draw_angle, colour_config.Hue, 0.0),
        (colour.draw_threshold, colour_config.Solarise, 256.0),
        (colour.draw_bits, colour_config.Posterise, 8.0),
        (colour.draw_choice, colour_config.Equalise, False),
    ],
)
def test_colours_of_a_share_of_the_images_are_changed(draw, operation, still, probability):
    drawn = draw(operation(probability=probability), SEED, MANY).numpy()
    assert np.mean(drawn != still) == pytest.approx(probability, abs=0.03)


def test_colours_are_drawn_up_to_their_limits_in_either_direction():
    angle = colour.draw_angle(colour_config.Hue(degrees=90.0), SEED, MANY).numpy()
    shift = colour.draw_shift(colour_config.ChannelShift(levels=30.0), SEED, MANY).numpy()
    for drawn, most in ((angle, math.pi / 2), (shift, 30.0)):
        assert np.abs(drawn).max() <= most
        assert drawn.min() < -0.98 * most and drawn.max() > 0.98 * most
        assert abs(drawn.mean()) < 0.05 * most
    assert np.abs(np.corrcoef(shift.T) - np.eye(3)).max() < 0.08  # Each channel by itself.
    some = colour.draw_shift(colour_config.ChannelShift(probability=0.25), SEED, MANY).numpy()
    assert np.mean(some.any(axis=1)) == pytest.approx(0.25, abs=0.03)
    assert set(colour.draw_threshold(colour_config.Solarise(1.0), SEED, 3).numpy()) == {128.0}
    assert set(colour.draw_bits(colour_config.Posterise(1.0), SEED, 3).numpy()) == {4.0}


def test_turned_colours_are_those_of_yiq():
    # Red by 120 degrees in the plane IQ; Python's matrices have fewer digits.
    red, angle = np.array([[[[120, 60, 60]]]], np.uint8), 2 * math.pi / 3
    planes = colour.hue(packing.to_planes(packing.pack(tf.constant(red))), tf.constant([angle]))
    result = packing.unpack(packing.from_planes(planes)).numpy().ravel()
    y, i, q = colorsys.rgb_to_yiq(*(red.ravel() / 255))
    turned = complex(i, q) * np.exp(1j * angle)
    wanted = np.array(colorsys.yiq_to_rgb(y, turned.real, turned.imag)) * 255
    np.testing.assert_allclose(result, wanted, atol=1.5)


def test_rotations_are_drawn_up_to_their_degrees_in_either_direction():
    maps = geometry.draw_rotation(config.Rotation(degrees=60.0), SEED, MANY, (9, 9)).numpy()
    angles = np.degrees(np.arctan2(maps[:, 1, 0], maps[:, 0, 0]))
    assert np.abs(angles).max() <= 60.0
    assert angles.min() < -58 and angles.max() > 58
    some = geometry.draw_rotation(config.Rotation(probability=0.25), SEED, MANY, (9, 9)).numpy()
    assert np.mean(some[:, 0, 0] != 1) == pytest.approx(0.25, abs=0.03)
    assert not some[:, :, 2].any()


def test_crops_are_drawn_evenly_and_by_each_side():
    maps = geometry.draw_crop(config.Crop(padding=1), SEED, MANY, (9, 9)).numpy()
    counts = np.histogram2d(maps[:, 0, 2], maps[:, 1, 2], 3)[0]
    assert counts.min() > MANY / 9 * 0.75
    half = geometry.draw_crop(config.Crop(probability=0.5, padding=9), SEED, MANY, (9, 9)).numpy()
    moved = half[:, :, 2].any(axis=1)
    assert np.mean(moved) == pytest.approx(0.5, abs=0.04)


def test_resized_crops_reach_every_side_of_the_image():
    operation = config.ResizedCrop(area=(0.25, 0.25), ratio=(1.0, 1.0))
    maps = geometry.draw_resized_crop(operation, SEED, MANY, (20, 20)).numpy()
    # Half the side, so that the centre moves by up to a quarter.
    assert maps[:, 0, 0] == pytest.approx(0.5)
    for centre in (maps[:, 0, 2], maps[:, 1, 2]):
        assert centre.min() == pytest.approx(-5, abs=0.1)
        assert centre.max() == pytest.approx(5, abs=0.1)
    half = geometry.draw_resized_crop(
        config.ResizedCrop(probability=0.5, area=(0.2, 0.3)), SEED, MANY, (20, 20)
    ).numpy()
    assert np.mean(half[:, 0, 0] == 1) == pytest.approx(0.5, abs=0.04)


def test_a_flip_in_both_directions_draws_each_by_itself():
    maps = geometry.draw_flip(config.Flip(0.25, direction="both"), SEED, MANY, (9, 9)).numpy()
    flipped = np.stack([maps[:, 0, 0] < 0, maps[:, 1, 1] < 0])
    assert flipped.mean(axis=1) == pytest.approx(0.25, abs=0.03)
    assert np.mean(flipped.all(axis=0)) == pytest.approx(0.0625, abs=0.02)


def test_rectangles_have_their_area_their_ratio_and_every_place():
    operation = config.Erasing(1.0, area=(0.1, 0.3), ratio=(0.5, 2.0))
    box, _ = covering.draw_erasing(operation, SEED, MANY, (40, 80))
    top, bottom, left, right = (end.numpy() for end in box)
    height, width = bottom - top, right - left
    share = height * width / 3200
    assert 0.09 < share.min() < 0.12 and 0.28 < share.max() < 0.32
    ratio = height / width
    assert 0.44 < ratio.min() < 0.56 and 1.8 < ratio.max() < 2.25
    assert 0.45 < np.mean(ratio < 1) < 0.55
    assert (top.min(), left.min(), bottom.max(), right.max()) == (0, 0, 40, 80)
    few, _ = covering.draw_erasing(config.Erasing(0.25), SEED, MANY, (40, 80))
    assert np.mean(few[1] > few[0]) == pytest.approx(0.25, abs=0.03)


def test_noise_is_even_in_each_channel_and_another_in_each_image():
    drawn = covering.draw_erasing(
        config.Erasing(1.0, area=(1.0, 1.0), ratio=(1.0, 1.0)), SEED, 3, (64, 64)
    )
    covered = covering.erase(packing.pack(tf.zeros((3, 64, 64, 3), tf.uint8)), drawn, "noise")
    noise = packing.unpack(covered).numpy()
    for channel in range(3):
        counts = np.histogram(noise[..., channel], 16, (0, 256))[0]
        assert counts.min() > noise[..., channel].size / 16 * 0.85
    views = noise.reshape(3, -1).astype(float)
    assert np.abs(np.corrcoef(views) - np.eye(3)).max() < 0.05
    rows, next_rows = noise[:, :-1].astype(float).ravel(), noise[:, 1:].astype(float).ravel()
    assert abs(np.corrcoef(rows, next_rows)[0, 1]) < 0.05


@pytest.mark.parametrize(("alpha", "middle"), [(0.2, 0.1), (1.0, 0.33), (8.0, 0.83)])
def test_shares_of_a_blend_are_of_the_beta_distribution(alpha, middle):
    share = covering.draw_mixup(config.MixUp(alpha=alpha), SEED, MANY, (4, 4)).numpy()
    assert share.mean() == pytest.approx(0.5, abs=0.03)
    assert share.std() == pytest.approx(math.sqrt(1 / (4 * (2 * alpha + 1))), rel=0.06)
    assert np.mean(np.abs(share - 0.5) < 1 / 6) == pytest.approx(middle, abs=0.05)


@pytest.mark.parametrize("draw", ["mixup", "cutmix"])
def test_a_share_of_the_images_is_mixed_whatever_the_blend(draw):
    kind, function = {
        "mixup": (config.MixUp, covering.draw_mixup),
        "cutmix": (config.CutMix, covering.draw_cutmix),
    }[draw]
    drawn = function(kind(probability=0.5, alpha=1.0), SEED, MANY, (100, 100))
    share = (drawn if draw == "mixup" else drawn[1]).numpy()
    mixed = share[share < 1]
    assert len(mixed) / MANY == pytest.approx(0.5, abs=0.04)
    # Cut rectangles leave more than drawn, as they hang over the edges.
    assert mixed.mean() == pytest.approx(0.5 if draw == "mixup" else 0.63, abs=0.05)


def test_rectangles_of_cutmix_lie_everywhere_and_have_the_images_shape():
    (top, bottom, left, right), share = covering.draw_cutmix(
        config.CutMix(alpha=200.0), SEED, MANY, (40, 80)
    )
    centre = (top + bottom).numpy() / 2, (left + right).numpy() / 2
    for place, length in zip(centre, (40, 80), strict=True):
        assert place.mean() == pytest.approx(length / 2, rel=0.05)
        # A rectangle at an edge is cut, so that its centre is not quite there.
        assert place.min() < 0.2 * length and place.max() > 0.8 * length
    inside = (top > 0) & (bottom < 40) & (left > 0) & (right < 80)
    height, width = (bottom - top)[inside].numpy(), (right - left)[inside].numpy()
    assert (width / height).mean() == pytest.approx(2.0, rel=0.05)
    assert share.numpy()[inside].mean() == pytest.approx(0.5, abs=0.03)


def test_operations_of_one_kind_draw_apart():
    twice = [config.Crop(padding=3, fill="edge"), config.Crop(padding=3, fill="reflect")]
    drawn = [
        policy._DRAWN["crop"](kind, draws.fold(SEED, i), 50, (9, 9)) for i, kind in enumerate(twice)
    ]
    assert np.mean(drawn[0].numpy()[:, :, 2] == drawn[1].numpy()[:, :, 2]) < 0.4
    images = tf.repeat(photo(1), 40, axis=0)
    mirrored, _ = policy.augmenter([config.Flip(), config.Flip()])(images, [0] * 40, SEED)
    # Two flips of the same draw would undo each other always.
    assert 5 < np.any(mirrored != images, axis=(1, 2, 3)).sum() < 35


def step(name, strength, signs=8):
    """What one operation is drawn as for some images."""
    used, strengths = tf.fill((signs,), True), tf.fill((signs,), strength)
    return drawn_policies.draw_step([name], (1, 2), used, strengths, (30, 60), bits=8)


@pytest.mark.parametrize(
    ("name", "entry", "most"),
    [
        ("shear_x", (0, 1), 0.3),
        ("shear_y", (1, 0), 0.3),
        ("translate_x", (0, 2), 20.0),
        ("translate_y", (1, 2), 10.0),
        ("rotate", (1, 0), 0.5),
    ],
)
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_moves_of_policies_have_the_published_strength_in_both_directions(
    name, entry, most, strength
):
    maps, _ = step(name, strength)
    wanted = most * strength
    if name == "rotate":
        wanted = math.sin(math.radians(30) * strength)
    moved = maps.numpy()[:, *entry]
    assert np.abs(moved) == pytest.approx(wanted, rel=1e-5)
    assert moved.min() < 0 < moved.max()


def test_tones_of_policies_have_the_published_strength():
    for name in drawn_policies.FACTORS:
        maps, drawn = step(name, 0.5)
        factors = getattr(drawn, name).numpy()
        assert sorted(set(factors.tolist())) == pytest.approx([0.55, 1.45])
        assert np.abs(maps - step("identity", 0.5)[0]).max() == 0
        others = [getattr(drawn, other).numpy() for other in drawn_policies.FACTORS]
        assert sum((values == 1).all() for values in others) == 3
    assert set(step("solarise", 0.25)[1].threshold.numpy()) == {192.0}
    assert step("auto_contrast", 0.1)[1].auto_contrast.numpy().all()
    assert step("equalise", 0.1)[1].equalise.numpy().all()
    assert not step("equalise", 0.1)[1].auto_contrast.numpy().any()


def test_every_operation_of_a_policy_is_drawn_about_as_often():
    used, strengths = tf.fill((MANY,), True), tf.fill((MANY,), 1.0)
    maps, drawn = drawn_policies.draw_step(
        drawn_policies.RAND_AUGMENT, SEED, used, strengths, (9, 9), bits=8
    )
    shares = [
        np.mean(drawn.auto_contrast),
        np.mean(drawn.equalise),
        np.mean(drawn.bits < 8),
        np.mean(drawn.threshold < 256),
        *(np.mean(getattr(drawn, name) != 1) for name in drawn_policies.FACTORS),
    ]
    assert shares == pytest.approx([1 / 14] * 8, abs=0.015)
    is_moved = np.any(maps.numpy() != np.float32([[1, 0, 0], [0, 1, 0]]), axis=(1, 2))
    assert np.mean(is_moved) == pytest.approx(5 / 14, abs=0.03)


def strengths_of(steps):
    """How strongly each step solarises the images that it does."""
    return [(256 - one.threshold.numpy()) / 256 for one in steps]


def test_rand_augment_draws_its_operations_apart_and_with_one_strength():
    operation = config.RandAugment(operations=3, magnitude=15.0, probability=0.5)
    _, steps = drawn_policies.draw_rand_augment(operation, SEED, MANY, (9, 9))
    strengths = strengths_of(steps)
    assert len(steps) == 3
    for first, second in itertools.combinations(strengths, 2):
        assert np.mean((first > 0) & (second > 0)) < 0.02  # 1 in 14 times 1 in 14.
    for strength in strengths:
        assert np.mean(strength > 0) == pytest.approx(0.5 / 14, abs=0.012)
        assert strength[strength > 0] == pytest.approx(0.5)


def test_chains_of_augmix_are_of_every_length_and_up_to_their_strength():
    operation = config.AugMix(width=2, depth=3, severity=5.0)
    (_, steps), shares = drawn_policies.draw_augmix(operation, SEED, MANY, (9, 9))
    strengths = strengths_of(steps)
    done = [np.mean(strength > 0) * 9 for strength in strengths]
    assert done == pytest.approx([1, 2 / 3, 1 / 3], abs=0.12)
    found = np.concatenate(strengths)
    found = found[found > 0]
    assert 0.01 <= found.min() < 0.03 and 0.47 < found.max() < 0.5
    assert all(one.bits.numpy().max() == 8 for one in steps)
    assert {one for step in steps for one in step.bits.numpy().tolist()} == {2.0, 3.0, 4.0, 8.0}
    shares = shares.numpy()
    assert shares.shape == (MANY, 3)
    assert shares.sum(axis=1) == pytest.approx(1.0, rel=1e-4)
    assert shares.mean(axis=0) == pytest.approx([0.5, 0.25, 0.25], abs=0.03)
    first, second = np.split(strengths[0], 2)
    assert np.mean((first > 0) & (second > 0)) < 0.03  # Copies draw apart.


def test_augmix_leaves_the_other_images_alone():
    operation = config.AugMix(probability=0.25)
    _, shares = drawn_policies.draw_augmix(operation, SEED, MANY, (9, 9))
    assert np.mean(shares.numpy()[:, 0] == 1) == pytest.approx(0.75, abs=0.03)


def test_a_blend_weighs_the_image_and_each_chain():
    mix = drawn_policies.augmix(config.AugMix(width=2))
    image = tf.constant(np.full((1, 3, 3, 3), 100), tf.uint8)
    still, drawn = step("identity", 1.0, signs=2)
    dark = drawn._replace(threshold=tf.constant([0.0, 256.0]))  # The first chain inverts: 155.
    shares = tf.constant([[0.2, 0.5, 0.3]])
    result = packing.unpack(mix(packing.pack(image), ((still, [dark]), shares))).numpy()
    assert set(result.ravel().tolist()) == {round(0.2 * 100 + 0.5 * 155 + 0.3 * 100 + 1e-3)}


def test_tables_weigh_the_channels_of_a_coloured_image():
    flat = np.array([[[[200, 100, 50]]]], np.uint8)
    packed = packing.pack(tf.constant(flat))
    counts = tables.count(packed)
    assert counts.numpy().sum(axis=(0, 2)).tolist() == [1, 1, 1]
    table = tables.contrasted(tables.same(1), counts, tf.constant([0.0]))
    # 0.299 red + 0.587 green + 0.114 blue.
    assert packing.unpack(tables.look_up(packed, table)).numpy().ravel().tolist() == [124] * 3


@pytest.mark.parametrize("size", [(2, 9), (9, 2), (1, 1)])
def test_images_too_small_to_smooth_stay(size):
    plane = tf.constant(np.random.default_rng(0).integers(0, 256, (1, *size)), tf.float32)
    for result in colour.sharpness((plane, plane, plane), tf.constant([0.0])):
        np.testing.assert_array_equal(result, plane)
