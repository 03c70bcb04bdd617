"""Tests of models/image/augmentation: single operations, against hand-made images and Pillow."""

import math

import numpy as np
import PIL.Image
import PIL.ImageEnhance
import PIL.ImageOps
import pytest
import tensorflow as tf

from models.image.augmentation import (
    colour,
    colour_config,
    config,
    covering,
    draws,
    geometry,
    packing,
    policy,
    tables,
)

SEED = (3, 4)
ONE = tf.constant([1.0])
ROW = np.array([[[[10] * 3, [20] * 3, [40] * 3]]], np.uint8)
"""One image of one row."""


def photo(number=2, height=12, width=7):
    rng = np.random.default_rng(1)
    return rng.integers(20, 230, (number, height, width, 3)).astype(np.uint8)


def packed(images):
    return packing.pack(tf.constant(images))


def shown(images, maps, fill="black", kinds=("rotation",)):
    return packing.unpack(geometry.mover(set(kinds), fill)(packed(images), maps)).numpy()


def recoloured(images, function, numbers):
    planes = function(packing.to_planes(packed(images)), tf.constant(numbers))
    return packing.unpack(packing.from_planes(planes)).numpy()


def by_pillow(images, function):
    return np.stack([np.asarray(function(PIL.Image.fromarray(image))) for image in images])


def test_packing_loses_nothing():
    np.testing.assert_array_equal(packing.unpack(packed(photo())), photo())
    planes = packing.to_planes(packed(photo()))
    np.testing.assert_array_equal(packing.unpack(packing.from_planes(planes)), photo())


@pytest.mark.parametrize(
    ("fill", "wanted"), [("black", [20, 40, 0]), ("edge", [20, 40, 40]), ("reflect", [20, 40, 40])]
)
@pytest.mark.parametrize("kinds", [{"crop"}, {"resized_crop"}, {"rotation"}])
def test_a_whole_shift_shows_the_neighbours_and_the_fill(fill, wanted, kinds):
    result = shown(ROW, geometry.affine(1, 0, ONE, 0, 1, 0), fill, kinds)
    assert result[0, 0, :, 1].tolist() == wanted


@pytest.mark.parametrize("kinds", [{"crop"}, {"resized_crop"}, {"rotation"}])
def test_a_shift_down_shows_the_rows_below(kinds):
    column = ROW.transpose(0, 2, 1, 3)
    result = shown(column, geometry.affine(1, 0, 0, 0, 1, ONE), "black", kinds)
    assert result[0, :, 0, 0].tolist() == [20, 40, 0]


def test_reflection_goes_on_behind_the_first_mirror():
    result = shown(ROW, geometry.affine(1, 0, 5 * ONE, 0, 1, 0), "reflect")
    assert result[0, 0, :, 0].tolist() == [10, 10, 20]


def test_half_a_pixel_is_the_mean_of_two():
    result = shown(ROW, geometry.affine(1, 0, ONE / 2, 0, 1, 0), "edge")
    assert result[0, 0, :, 0].tolist() == [15, 30, 40]


@pytest.mark.parametrize("kinds", [{"flip"}, {"flip", "rotation"}])
def test_flipping_is_exact(kinds):
    result = shown(photo(), geometry.affine(-ONE, 0, 0, 0, 1, 0), "edge", kinds)
    np.testing.assert_array_equal(result, photo()[:, :, ::-1])


def test_flips_are_drawn_for_each_direction():
    for direction, axes in (("horizontal", (2,)), ("vertical", (1,)), ("both", (1, 2))):
        maps = geometry.draw_flip(config.Flip(1.0, direction=direction), SEED, 2, (12, 7))
        np.testing.assert_array_equal(
            shown(photo(), maps, kinds={"flip"}), np.flip(photo(), axis=axes)
        )


def test_flips_alone_do_what_they_do_among_others():
    images = photo(5)
    operation = config.Flip(0.5, direction="both")
    alone, _ = policy.augmenter([operation], lambda ids: tf.one_hot(ids, 3))(
        tf.constant(images), tf.zeros(5), SEED
    )
    maps = geometry.draw_flip(operation, draws.fold(SEED, 0), 5, (12, 7))
    np.testing.assert_array_equal(alone, shown(images, maps, "edge", {"flip", "rotation"}))
    assert not np.array_equal(alone, images)


def test_a_positive_angle_turns_counter_clockwise():
    square = photo(1, 5, 5)
    turned = shown(square, geometry.rotation(ONE * math.pi / 2))
    np.testing.assert_array_equal(turned, np.rot90(square, axes=(1, 2)))


def test_half_a_turn_suits_images_that_are_not_square():
    turned = shown(photo(), geometry.rotation(tf.constant([math.pi, math.pi])), "edge")
    np.testing.assert_array_equal(turned, photo()[:, ::-1, ::-1])


def test_the_first_of_several_maps_is_done_first():
    shift, turn = geometry.affine(1, 0, ONE, 0, 1, 0), geometry.affine(-ONE, 0, 0, 0, 1, 0)
    result = shown(ROW, geometry.compose([shift, turn]))
    assert result[0, 0, :, 0].tolist() == [0, 40, 20]


def test_images_that_are_not_chosen_stay_as_they_are():
    maps = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    kept = geometry.choose(np.array([True, False]), maps).numpy()
    assert kept[0].tolist() == maps[0].tolist()
    assert kept[1].tolist() == [[1, 0, 0], [0, 1, 0]]


def test_crops_move_by_at_most_the_padding_and_by_whole_pixels():
    maps = geometry.draw_crop(config.Crop(padding=2), SEED, 500, (9, 9)).numpy()
    for shifts in (maps[:, 0, 2], maps[:, 1, 2]):
        assert set(shifts.tolist()) == {-2.0, -1.0, 0.0, 1.0, 2.0}


def test_resized_crops_stay_inside_and_have_the_area_and_the_ratio():
    operation = config.ResizedCrop(area=(0.2, 0.3), ratio=(0.5, 1.5))
    maps = geometry.draw_resized_crop(operation, SEED, 500, (10, 20)).numpy()
    width, height = maps[:, 0, 0] * 20, maps[:, 1, 1] * 10
    area = width * height / 200
    assert np.all((area > 0.199) & (area < 0.301))
    assert np.all((width / height > 0.499) & (width / height < 1.501))
    assert np.all(np.abs(maps[:, 0, 2]) + width / 2 <= 10.0001)
    assert np.all(np.abs(maps[:, 1, 2]) + height / 2 <= 5.0001)


def test_the_whole_image_is_its_own_resized_crop():
    operation = config.ResizedCrop(area=(1.0, 1.0), ratio=(7 / 12, 7 / 12))
    maps = geometry.draw_resized_crop(operation, SEED, 2, (12, 7))
    np.testing.assert_allclose(shown(photo(), maps, "edge", {"resized_crop"}), photo(), atol=1)


@pytest.mark.parametrize(
    ("function", "enhancer"),
    [
        (colour.brightness, PIL.ImageEnhance.Brightness),
        (colour.contrast, PIL.ImageEnhance.Contrast),
        (colour.saturation, PIL.ImageEnhance.Color),
        (colour.sharpness, PIL.ImageEnhance.Sharpness),
    ],
)
@pytest.mark.parametrize("factor", [0.0, 0.6, 1.0, 1.7])
def test_factors_do_what_pillow_does(function, enhancer, factor):
    wanted = by_pillow(photo(), lambda image: enhancer(image).enhance(factor))
    result = recoloured(photo(), function, [factor] * 2)
    # Pillow cuts digits off and rounds greys.
    np.testing.assert_allclose(result.astype(int), wanted, atol=2)


def test_solarising_posterising_and_equalising_are_pillows():
    np.testing.assert_array_equal(
        recoloured(photo(), colour.solarise, [100.0] * 2),
        by_pillow(photo(), lambda image: PIL.ImageOps.solarize(image, 100)),
    )
    np.testing.assert_array_equal(
        recoloured(photo(), colour.posterise, [3.0] * 2),
        by_pillow(photo(), lambda image: PIL.ImageOps.posterize(image, 3)),
    )
    large = photo(2, 40, 31)
    both = packing.unpack(tables.equalise(packed(large), tf.constant([True, False]))).numpy()
    np.testing.assert_array_equal(both[:1], by_pillow(large[:1], PIL.ImageOps.equalize))
    np.testing.assert_array_equal(both[1], large[1])


def test_stretching_and_contrast_by_tables_are_pillows():
    counts = tables.count(packed(photo()))
    table = tables.stretched(tables.same(2), counts, tf.constant([True, True]))
    result = packing.unpack(tables.look_up(packed(photo()), table)).numpy()
    wanted = by_pillow(photo(), PIL.ImageOps.autocontrast)
    np.testing.assert_allclose(result.astype(int), wanted, atol=1)
    table = tables.contrasted(tables.same(2), counts, tf.constant([0.5, 1.5]))
    result = packing.unpack(tables.look_up(packed(photo()), table)).numpy()
    np.testing.assert_array_equal(result, recoloured(photo(), colour.contrast, [0.5, 1.5]))


def test_neighbouring_values_are_stretched_to_both_ends():
    image = np.full((1, 2, 3, 3), 77, np.uint8)
    image[0, 1, 1] = 78
    table = tables.stretched(tables.same(1), tables.count(packed(image)), tf.constant([True]))
    result = packing.unpack(tables.look_up(packed(image), table)).numpy()
    np.testing.assert_array_equal(result, np.where(image == 78, 255, 0))


def test_an_image_of_one_colour_survives_tables():
    plain = np.full((1, 3, 5, 3), 77, np.uint8)
    counts, yes = tables.count(packed(plain)), tf.constant([True])
    for function in (tables.equalised, tables.stretched):
        table = function(tables.same(1), counts, yes)
        np.testing.assert_array_equal(packing.unpack(tables.look_up(packed(plain), table)), plain)


def test_turning_colours_leaves_grey_and_brightness():
    np.testing.assert_allclose(recoloured(ROW, colour.hue, [1.0]), ROW, atol=1)
    tame = np.clip(photo(), 110, 140)
    for angle in (0.3, math.pi):
        result = recoloured(tame, colour.hue, [angle] * 2)
        np.testing.assert_allclose(result @ colour.GREY, tame @ colour.GREY, atol=1)
    np.testing.assert_allclose(recoloured(tame, colour.hue, [2 * math.pi] * 2), tame, atol=1)


def test_channels_shift_by_themselves_and_are_cut():
    result = recoloured(ROW, colour.channel_shift, [[-20.0, 0.0, 230.0]])
    assert result[0, 0].tolist() == [[0, 10, 240], [0, 20, 250], [20, 40, 255]]


def test_greyscale_weighs_the_channels():
    image = np.array([[[[200, 100, 50]]]], np.uint8)
    assert recoloured(image, colour.greyscale, [True]).ravel().tolist() == [124] * 3
    assert recoloured(image, colour.greyscale, [False]).ravel().tolist() == [200, 100, 50]


def test_drawn_colours_stay_in_their_ranges():
    factors = colour.draw_factor(colour_config.Contrast(strength=0.3), SEED, 400).numpy()
    assert factors.min() < 0.75 < 1.25 < factors.max()
    assert np.all(np.abs(factors - 1) <= 0.3001)
    half = colour.draw_choice(colour_config.Greyscale(probability=0.25), SEED, 4000).numpy()
    assert 0.2 < half.mean() < 0.3


def test_mixup_blends_with_the_image_before():
    pair = np.array([[[[100, 0, 50]]], [[[200, 100, 50]]], [[[0, 0, 0]]]], np.uint8)
    share = tf.constant([0.75, 0.5, 1.0])
    result = packing.unpack(covering.mixup(packed(pair), share)).numpy()
    assert result[:, 0, 0].tolist() == [[75, 0, 38], [150, 50, 50], [0, 0, 0]]
    mixed = covering.mix_targets(tf.one_hot([0, 1, 2], 3), share).numpy()
    assert mixed.tolist() == [[0.75, 0, 0.25], [0.5, 0.5, 0], [0, 0, 1.0]]


def test_the_share_of_cutmix_is_the_area_that_is_left():
    box, share = covering.draw_cutmix(config.CutMix(), SEED, 50, (5, 9))
    batch = np.arange(50, dtype=np.uint8)[:, None, None, None] * np.ones((1, 5, 9, 3), np.uint8)
    result = packing.unpack(covering.cutmix(packed(batch), (box, share))).numpy()
    left = np.mean(result == batch, axis=(1, 2, 3))
    np.testing.assert_allclose(left, share, atol=1e-6)
    assert 0.3 < left.mean() < 0.9
    assert set(np.unique(result[7]).tolist()) <= {6, 7}


@pytest.mark.parametrize("fill", ["noise", "black", "grey"])
def test_erasing_covers_a_rectangle_of_its_area(fill):
    operation = config.Erasing(1.0, area=(0.25, 0.25), ratio=(1.0, 1.0), fill=fill)
    drawn = covering.draw_erasing(operation, SEED, 2, (12, 16))
    plain = np.full((2, 12, 16, 3), 77, np.uint8)
    result = packing.unpack(covering.erase(packed(plain), drawn, fill)).numpy()
    for image in result:
        rows, columns = np.nonzero(np.any(image != 77, axis=-1))
        assert (np.ptp(rows) + 1, np.ptp(columns) + 1, len(rows)) == (7, 7, 49)
        inside = image[np.any(image != 77, axis=-1)]
        assert set(np.unique(inside)) == {0} if fill == "black" else True
        assert (len(np.unique(inside)) > 60) == (fill == "noise")


def test_shares_of_a_dirichlet_sum_to_one():
    for alpha in (0.001, 1.0, 50.0):
        shares = draws.dirichlet(SEED, 40, 3, alpha).numpy()
        np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-5)


def test_stretching_ends_exactly_at_the_least_and_the_greatest_level():
    image = tf.constant(np.linspace(10, 200, 27).reshape(1, 3, 3, 3).round(), tf.float32)
    counts = tables.count(packing.pack(image))
    table = tables.stretched(tables.same(1), counts, tf.constant([True])).numpy()[0]
    low, high = image.numpy().min((0, 1, 2)), image.numpy().max((0, 1, 2))
    for channel, levels in enumerate(table):
        assert levels[int(low[channel])] == 0.0
        assert levels[int(high[channel])] == 255.0
        assert (levels.min(), levels.max()) == (0.0, 255.0)
