"""Tests of models/hub/layer.py and module.py."""

import gc
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.hub import module
from models.hub.layer import HubLayer
from tests.models import tiny_modules

TEXTS = tf.constant(["old map", "new", "책 책 old"])
IMAGES = np.random.default_rng(2).random((5, 8, 8, 3), "float32")


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return tiny_modules.save_text(tmp_path_factory.mktemp("text") / "module")


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return tiny_modules.save_image(tmp_path_factory.mktemp("image") / "module")


def classifier(layer, **options):
    texts = keras.Input((), dtype="string", name="text")
    logits = keras.layers.Dense(2, dtype="float32", name="logits")(layer(texts))
    model = keras.Model({"text": texts}, logits)
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        **options,
    )
    return model


def train(model, steps=5):
    examples = ({"text": TEXTS}, np.array([0, 1, 1]))
    dataset = tf.data.Dataset.from_tensors(examples).repeat(steps)
    model.fit(dataset, steps_per_epoch=steps, epochs=1, verbose=0)


def changed(layer, act):
    """Names of the variables that `act` changes."""
    before = [np.array(variable) for variable in layer._weights_in_order]
    act()
    after = [np.array(variable) for variable in layer._weights_in_order]
    pairs = zip(layer.variable_names, before, after, strict=True)
    return {name for name, old, new in pairs if not np.array_equal(old, new)}


def test_outputs_are_those_of_the_module(text, image):
    loaded = tf.saved_model.load(text)
    np.testing.assert_array_equal(HubLayer(text)(TEXTS), loaded(TEXTS, training=False))
    wanted = tf.saved_model.load(image)(IMAGES, training=False)
    np.testing.assert_array_equal(HubLayer(image, output="map")(IMAGES), wanted["map"])
    everything = HubLayer(image)(IMAGES)
    assert {name: value.shape for name, value in everything.items()} == {
        "map": (5, 4, 4, 5),
        "vector": (5, 7),
    }


def test_the_weights_are_the_variables_of_the_module(text):
    layer = HubLayer(text, name="hub")
    model = classifier(layer)
    assert [weight.path for weight in layer.weights] == [
        "hub/embeddings.table",
        "hub/projection.kernel",
        "hub/projection.bias",
        "hub/steps",
    ]
    before = np.array(layer(TEXTS))
    train(model)
    assert not np.allclose(layer(TEXTS), before)
    np.testing.assert_array_equal(layer(TEXTS), layer._restored(TEXTS, training=False))
    paths = [variable.path for variable in model.optimizer.variables]
    assert len(set(paths)) == len(paths)


def test_all_of_it_is_trained_unless_asked_otherwise(text):
    layer = HubLayer(text)
    names = {"embeddings/table", "projection/kernel", "projection/bias", "steps"}
    model = classifier(layer)
    assert changed(layer, lambda: train(model)) == names


@pytest.mark.parametrize(
    ("selection", "trained"),
    [
        ({"pattern": "kernel$"}, {"projection/kernel"}),
        ({"last_blocks": 1}, {"projection/kernel", "projection/bias"}),
        ({"last_blocks": 2}, {"embeddings/table", "projection/kernel", "projection/bias", "steps"}),
        ({"trainable": False}, set()),
    ],
)
def test_what_is_not_selected_stays_as_it_is(text, selection, trained):
    layer = HubLayer(text, **selection)
    model = classifier(layer)
    assert changed(layer, lambda: train(model)) == trained


def test_a_layer_can_be_frozen_and_thawed_later(text):
    layer = HubLayer(text, pattern="projection")
    model = classifier(layer)
    layer.trainable = False
    assert len(model.trainable_variables) == 2
    layer.trainable = True
    assert len(model.trainable_variables) == 4


@pytest.mark.parametrize(
    ("selection", "training", "moved"),
    [
        ({}, True, {"stem/norm/mean", "stem/norm/variance"}),
        ({}, False, set()),
        ({"trainable": False}, True, set()),
        ({"pattern": "top"}, True, set()),
    ],
)
def test_statistics_move_only_in_training_of_the_whole(image, selection, training, moved):
    layer = HubLayer(image, **selection)
    layer.build(IMAGES.shape)
    assert changed(layer, lambda: layer(IMAGES, training=training)) == moved


def test_dropout_is_on_in_training_only(text):
    layer = HubLayer(text)
    # Two draws over so few units are the same now and then.
    assert len({np.array(layer(TEXTS, training=True)).tobytes() for _ in range(12)}) > 1
    assert len({np.array(layer(TEXTS, training=False)).tobytes() for _ in range(12)}) == 1


def test_regularisation_losses_are_added_while_it_is_trained(text):
    layer = HubLayer(text)
    layer(TEXTS)
    wanted = 0.1 * np.sum(np.square(layer.weights[1]))
    np.testing.assert_allclose(layer.losses, [wanted], rtol=1e-5)
    frozen = HubLayer(text, trainable=False)
    frozen(TEXTS)
    assert frozen.losses == []


@pytest.mark.parametrize("rows", [0, 1])
def test_batches_of_no_and_one_example(text, image, rows):
    assert HubLayer(text)(TEXTS[:rows]).shape == (rows, 6)
    assert HubLayer(image, output="vector")(IMAGES[:rows]).shape == (rows, 7)


def test_an_example_without_a_batch_gives_one_vector(text, image):
    texts, images = HubLayer(text), HubLayer(image, output="vector")
    np.testing.assert_allclose(texts(TEXTS[1]), texts(TEXTS)[1], rtol=1e-5)
    np.testing.assert_allclose(images(IMAGES[1]), images(IMAGES)[1], rtol=1e-4, atol=1e-5)


def test_half_precision_around_it(text, image):
    layer = HubLayer(text, dtype="mixed_bfloat16")
    assert layer(TEXTS).dtype == "bfloat16"
    assert {weight.dtype for weight in layer.trainable_weights} == {"float32"}
    train(classifier(layer))
    pixels = tf.cast(IMAGES, tf.bfloat16)
    vectors = HubLayer(image, output="vector", dtype="mixed_bfloat16")(pixels)
    assert vectors.dtype == "bfloat16"


def test_a_saved_model_gives_the_same_answers(text, tmp_path):
    model = classifier(HubLayer(text, last_blocks=1, name="hub"))
    train(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded({"text": TEXTS}), model({"text": TEXTS}))
    assert len(loaded.trainable_weights) == 4
    train(loaded)


def test_weights_may_be_loaded_whatever_is_trained(text, tmp_path):
    whole, part = classifier(HubLayer(text)), classifier(HubLayer(text, pattern="bias"))
    train(whole)
    whole.save_weights(tmp_path / "whole.weights.h5")
    part.load_weights(tmp_path / "whole.weights.h5")
    np.testing.assert_array_equal(part({"text": TEXTS}), whole({"text": TEXTS}))


def test_a_saved_model_names_the_module_that_is_gone(text, tmp_path):
    moved = shutil.copytree(text, tmp_path / "moved")
    classifier(HubLayer(str(moved))).save(tmp_path / "model.keras")
    shutil.rmtree(moved)
    with pytest.raises(ValueError, match=r"There is no module '.*moved'.*Bring the module back"):
        keras.models.load_model(tmp_path / "model.keras")


SERVE = """
import sys, numpy as np, tensorflow as tf
served = tf.saved_model.load(sys.argv[1]).signatures[sys.argv[2]]
np.save(sys.argv[3], served(text=tf.constant(["old map", "new", "책 책 old"]))["logits"])
"""


def _export_with_keras(model, function, folder):
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("answer", function)
    archive.write_out(folder, verbose=False)


def _export_with_tensorflow(model, function, folder):
    root = tf.Module()
    root.model = model
    tf.saved_model.save(root, str(folder), signatures={"answer": function})


@pytest.mark.parametrize("export", [_export_with_keras, _export_with_tensorflow])
def test_an_export_needs_nothing_else(text, tmp_path, export):
    moved = shutil.copytree(text, tmp_path / "moved")
    model = classifier(HubLayer(str(moved)))
    train(model)

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
    def function(text):
        return {"logits": model({"text": text}, training=False)}

    export(model, function, tmp_path / "export")
    shutil.rmtree(moved)
    answers = tmp_path / "answers.npy"
    command = [sys.executable, "-c", SERVE, str(tmp_path / "export"), "answer", str(answers)]
    subprocess.run(command, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(answers), model({"text": TEXTS}), rtol=1e-5, atol=1e-6)


def test_a_seeded_copy_stays_with_its_module_and_goes_without_a_warning(
    text, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    loaded = module.load(pathlib.Path(text), "text", 5)
    assert len(list(tmp_path.iterdir())) == 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del loaded
        gc.collect()
    assert not list(tmp_path.iterdir())
    assert not [one for one in caught if issubclass(one.category, ResourceWarning)]


def test_one_seed_gives_one_training(text):
    def run(seed):
        keras.utils.set_random_seed(seed)
        # The head starts from the seed too; only the noise is to differ here.
        head = keras.initializers.Ones()
        texts = keras.Input((), dtype="string", name="text")
        vector = HubLayer(text)(texts)
        logits = keras.layers.Dense(2, kernel_initializer=head, name="logits")(vector)
        model = keras.Model({"text": texts}, logits)
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        train(model)
        return model({"text": TEXTS})

    np.testing.assert_array_equal(run(3), run(3))
    assert not np.allclose(run(3), run(4))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pattern": "bn"}, r"has a name that matches 'bn'. Names: \['embeddings/table', 'proj"),
        ({"last_blocks": 3}, r"has 2 trainable blocks: \['embeddings', 'projection'\].* 3"),
        ({"pattern": "a", "last_blocks": 1}, "Give `pattern` or `last_blocks`, not both"),
        ({"output": "logits"}, r"has no output 'logits'. It has: output \(None, 6\)"),
    ],
)
def test_what_the_module_lacks_is_refused(text, options, message):
    with pytest.raises(ValueError, match=message):
        HubLayer(text, **options)


def test_weights_of_another_module_are_refused(text, image, tmp_path):
    first = keras.Sequential([keras.Input((8, 8, 3)), HubLayer(image, output="vector", name="a")])
    first.save_weights(tmp_path / "first.weights.h5")
    second = keras.Sequential([keras.Input((), dtype="string"), HubLayer(text, name="a")])
    with pytest.raises(ValueError, match=r"of another module than .*expected 4.*Received: 6"):
        second.load_weights(tmp_path / "first.weights.h5")


def save(root, folder, **options):
    tf.saved_model.save(root, str(folder), **options)
    return str(folder)


def test_a_module_without_trainable_variables_is_for_frozen_use(tmp_path):
    root = tf.Module()
    root.scale = tf.Variable(2.0)
    root.variables_saved = [root.scale]
    spec = tf.TensorSpec((None, 3))
    root.__call__ = tf.function(lambda x: [x * root.scale, x], input_signature=[spec])
    folder = save(_listing(root, variables=[root.scale]), tmp_path)
    with pytest.raises(ValueError, match="no trainable variables. Use.*`fine_tuning: frozen`"):
        HubLayer(folder)
    layer = HubLayer(folder, trainable=False, output="1")
    np.testing.assert_array_equal(layer(IMAGES[0, 0]), IMAGES[0, 0])


def _listing(root, **lists):
    """A `tf.Module` computes its list of variables; the interface wants it saved."""
    listed = tf.train.Checkpoint(**lists)
    listed.__call__ = root.__call__
    return listed


def test_variables_of_one_name_get_different_ones(tmp_path):
    root = tf.Module()
    root.first, root.second = tf.Variable(2.0), tf.Variable(3.0)
    spec = tf.TensorSpec((None, 3), tf.float64)
    root.__call__ = tf.function(
        lambda x: x * tf.cast(root.first + root.second, tf.float64), input_signature=[spec]
    )
    layer = HubLayer(save(root, tmp_path), dtype="float32")
    assert layer(IMAGES[0, 0]).dtype == "float32"
    assert layer.variable_names == ["Variable", "Variable_1"]
    assert len({weight.path for weight in layer.weights}) == 2


def test_inputs_may_be_a_mapping(tmp_path):
    root = tf.Module()
    root.table = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="table")
    specs = {
        "ids": tf.TensorSpec((None, 4), tf.int32, name="ids"),
        "mask": tf.TensorSpec((None, 4), tf.float32, name="mask"),
    }

    def call(inputs, training):
        vectors = tf.gather(root.table, inputs["ids"]) * inputs["mask"][..., tf.newaxis]
        return tf.reduce_sum(vectors, 1) * tf.where(training, 0.0, 1.0)

    # The switch may be a tensor too.
    root.__call__ = tf.function(call, input_signature=[specs, tf.TensorSpec((), tf.bool)])
    layer = HubLayer(save(root, tmp_path))
    inputs = {"ids": tf.constant([[0, 2, 1, 1]], tf.int64), "mask": tf.constant([[1.0, 1, 1, 0]])}
    np.testing.assert_allclose(layer(inputs), [[9, 12]])
    np.testing.assert_allclose(layer(inputs, training=True), [[0, 0]])
    single = keras.tree.map_structure(lambda value: value[0], inputs)
    np.testing.assert_allclose(layer(single), [9, 12])
    symbolic = {
        "ids": keras.Input((4,), dtype="int32", name="ids"),
        "mask": keras.Input((4,), name="mask"),
    }
    assert layer(symbolic).shape == (None, 2)


def test_a_model_that_cannot_be_called_is_refused(tmp_path):
    root = tf.Module()
    root.serve = tf.function(lambda x: {"y": x}, input_signature=[tf.TensorSpec((None,))])
    folder = save(root, tmp_path, signatures={"serving_default": root.serve})
    with pytest.raises(ValueError, match=r"cannot be called.*\['serving_default'\] only"):
        HubLayer(folder)


def test_a_model_that_takes_keywords_only_is_refused(tmp_path):
    root = tf.Module()
    root.__call__ = tf.function(lambda *, texts: texts)
    root.__call__.get_concrete_function(texts=tf.TensorSpec((None,), tf.string))
    with pytest.raises(ValueError, match=r"first argument is the batch.*\['texts'\] only"):
        HubLayer(save(root, tmp_path))


def test_every_weight_is_in_one_block(text, image):
    for folder, batch, wanted in (
        (text, TEXTS, {"embeddings": 1, "projection": 3}),
        (image, IMAGES, {"stem/conv": 1, "stem/norm": 4, "top": 1}),
    ):
        layer = HubLayer(folder)
        layer(batch)
        blocks = layer.variable_blocks
        assert {block.name: len(block.weights) for block in blocks} == wanted


def test_the_old_format_is_refused(text, tmp_path):
    folder = shutil.copytree(text, tmp_path / "old")
    (folder / "tfhub_module.pb").touch()
    with pytest.raises(ValueError, match="has the TF1 Hub format.*Expected a TF2 SavedModel"):
        HubLayer(str(folder))


def test_a_damaged_folder_is_put_in_words(text, tmp_path):
    folder = shutil.copytree(text, tmp_path / "damaged")
    (folder / "variables" / "variables.index").unlink()
    with pytest.raises(ValueError, match="Cannot load the module.*missing or damaged.*reason"):
        HubLayer(str(folder))
