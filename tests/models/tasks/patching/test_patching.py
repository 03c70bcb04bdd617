"""Tests of models/tasks/patching/ and of models/encoder_weights.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import encoder_weights, siamese, zoo
from models.image import resnet, vit
from models.tasks import table
from models.tasks.patching import losses, metrics, patches
from models.tasks.task import Facts

VIT = vit.ViTConfig(image_size=8, patch_size=4, hidden_dim=6, num_layers=1, num_heads=2, mlp_dim=4)
SIZES = Facts({"label": ("a", "b")}, sizes={"image": 8, "patch": 4, "batch": 3})


def images(count, side):
    drawn = np.random.default_rng(2).integers(0, 256, (count, side, side, 3))
    return tf.constant(drawn, tf.uint8)


def test_patches_are_squares_row_by_row_and_go_together_again():
    given = images(3, 6)
    parts = patches.cut(given, 2)
    assert parts.shape == (3, 9, 12)
    np.testing.assert_array_equal(parts.numpy()[1, 5].reshape(2, 2, 3), given.numpy()[1, 2:4, 4:6])
    np.testing.assert_array_equal(patches.joined(parts, 2), given)


def test_hidden_patches_are_grey_and_the_others_as_they_were():
    given = images(2, 4)
    hidden = tf.constant([[True, False, False, True], [False] * 4])
    found = patches.hide(given, hidden, 2).numpy()
    assert (found[0, :2, :2] == patches.HIDDEN).all()
    assert (found[0, 2:, 2:] == patches.HIDDEN).all()
    np.testing.assert_array_equal(found[0, :2, 2:], given.numpy()[0, :2, 2:])
    np.testing.assert_array_equal(found[1], given.numpy()[1])


@pytest.mark.parametrize(("share", "wanted"), [(0.5, 8), (0.75, 12), (0.01, 1), (0.99, 15)])
def test_as_many_patches_are_hidden_of_each_image_and_never_all(share, wanted):
    drawn = patches.drawn(tf.constant([1, 2], tf.int64), 5, 16, share).numpy()
    assert drawn.sum(1).tolist() == [wanted] * 5
    assert patches.pattern(16, share).sum() == wanted
    if wanted == 8:
        assert len({tuple(row) for row in drawn.tolist()}) > 1


def test_what_is_hidden_depends_on_the_seed_alone():
    seeds = [tf.constant([1, number], tf.int64) for number in (2, 2, 3)]
    first, again, other = (patches.drawn(seed, 4, 16, 0.5).numpy() for seed in seeds)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_pattern_hides_patches_of_every_quarter_of_an_image():
    hidden = patches.pattern(64, 0.5).reshape(8, 8)
    quarters = [hidden[top : top + 4, left : left + 4].sum() for top in (0, 4) for left in (0, 4)]
    assert min(quarters) >= 6


def test_normalised_patches_have_mean_0_and_variance_1_and_flat_ones_are_0():
    given = images(1, 4).numpy()
    given[0, :2, :2] = 200
    parts = patches.cut(tf.constant(given), 2)
    found = patches.normalised(parts).numpy()
    np.testing.assert_allclose(found.mean(-1), 0, atol=1e-4)
    np.testing.assert_allclose(found.std(-1), [[0, 1, 1, 1]], atol=1e-3)
    np.testing.assert_allclose(patches.kept_variance(parts), [[0, 1, 1, 1]], atol=1e-3)
    np.testing.assert_allclose(patches.in_pixels(found, parts), parts, atol=0.1)


def test_the_loss_is_the_squared_error_at_hidden_patches_alone():
    target = np.zeros((2, 3, 5), "float32")
    target[0, 0, -1] = target[0, 2, -1] = target[1, 1, -1] = 1
    told = np.arange(24, dtype="float32").reshape(2, 3, 4)
    found = losses.HiddenError(reduction="none")(target, told)
    squares = np.square(told).mean(-1)
    np.testing.assert_allclose(found, [(squares[0, 0] + squares[0, 2]) / 2, squares[1, 1]])


def test_telling_each_patch_as_its_own_mean_has_an_error_of_1():
    given = images(3, 8).numpy()
    given[0, :4] = 7  # Two flat patches.
    parts = patches.cut(tf.constant(given), 4)
    errors = np.square(patches.normalised(parts).numpy()).mean(-1)
    rows = [
        metrics.RECONSTRUCTION.statistics({}, {"error": [e], "variance": [v]})
        for e, v in zip(errors.mean(1), patches.kept_variance(parts).numpy().mean(1), strict=True)
    ]
    assert metrics.RECONSTRUCTION.figure(np.stack(rows)) == pytest.approx(1, abs=1e-4)
    assert metrics.RECONSTRUCTION.figure(np.zeros((2, 2))) == 0


RESNET = resnet.ResNetConfig(blocks=(1,), width=4, image_size=8, stem="small", pixels="unit")


@pytest.mark.parametrize(
    ("kind", "config"),
    [("masked_image_modeling", VIT), ("image_contrastive_embedding", RESNET)],
)
def test_another_task_begins_with_what_was_learned_of_images_alone(kind, config, tmp_path):
    keras.utils.set_random_seed(1)
    trained = zoo.build(config, table.TASKS[kind](kind=kind), SIZES)
    for weight in trained.weights:
        weight.assign(keras.random.uniform(weight.shape, 0.5, 1.0))
    both = {"outputs": trained.output, "features": siamese.features(trained)}
    path = tmp_path / "folder" / encoder_weights.FILE
    encoder_weights.save(config, keras.Model(trained.input, both), path.parent)
    task = table.TASKS["image_classification"](kind="image_classification")
    begun = type(config)(**{**vars(config), "encoder_weights": str(path)})
    model = zoo.build(begun, task, SIZES)
    shared = {layer.name: layer for layer in trained.layers if layer.get_weights()}
    found = [layer for layer in model.layers if layer.get_weights()]
    assert len(found) > 2
    for layer in found:
        if layer.name != "logits":
            wanted = shared[layer.name].get_weights()
            for one, other in zip(layer.get_weights(), wanted, strict=True):
                np.testing.assert_array_equal(one, other)
    wider = {"hidden_dim": 8} if config is VIT else {"width": 8}
    other = type(config)(**{**vars(begun), **wider})
    with pytest.raises(ValueError, match="is of another network.*Received:"):
        zoo.build(other, task, SIZES)


def test_weights_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(ValueError, match="there is no file .*encoder.npz"):
        encoder_weights.require(VIT, str(tmp_path / "encoder.npz"))
