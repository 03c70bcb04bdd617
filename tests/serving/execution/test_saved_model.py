"""Tests of serving/execution/saved_model.py with a real export."""

import gc
import json
import shutil
import weakref

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from serving import errors
from serving.execution import saved_model
from serving.model import TensorSpec
from tests.serving import exports


@pytest.fixture(scope="module")
def predictor(exported):
    loaded = saved_model.SavedModelPredictor(exported, 7)
    yield loaded
    loaded.close()


TEXTS = np.array([b"", "긴 문장".encode() * 9, b"eight ch"], object)


def test_answers_as_the_exported_model(predictor, exported):
    original = tf.saved_model.load(str(exported)).signatures["serving_default"]
    expected = original(text=tf.constant(TEXTS))
    received = predictor.predict("", {"text": TEXTS})
    assert received["label"].tolist() == expected["label"].numpy().tolist()
    assert received["label"][1].decode() == exports.LABELS[2]
    for name in ("probability", "probabilities"):
        assert received[name].dtype == "float32"
        np.testing.assert_allclose(received[name], expected[name], atol=1e-6)


def test_describes_its_signatures(predictor):
    signature = predictor.signatures["serving_default"]
    assert signature.inputs == {"text": TensorSpec("string", (-1,))}
    assert signature.outputs["probabilities"] == TensorSpec("float", (-1, 3))
    assert predictor.signatures.keys() >= {"serving_default", "embed", "add"}
    described = json.loads(predictor.metadata_json)["signature_def"]["serving_default"]
    assert described["inputs"]["text"]["dtype"] == "DT_STRING"
    assert described["defaults"] == {}


def test_only_the_filtered_outputs_come_back(predictor):
    assert predictor.predict("", {"text": TEXTS}, ["label"]).keys() == {"label"}


X = np.zeros((1, 2), "float32")


@pytest.mark.parametrize(
    ("signature", "inputs", "output_filter", "code", "text"),
    [
        ("s", {}, (), "FAILED_PRECONDITION", 'Serving signature key "s" not found.'),
        (
            "serving_default",
            {"a": X, "b": X},
            (),
            "INVALID_ARGUMENT",
            "input size does not match signature: 2!=1 len({a,b}) != len({text}). "
            "Sent extra: {a,b}. Missing but required: {text}.",
        ),
        (
            "serving_default",
            {"key": TEXTS},
            (),
            "INVALID_ARGUMENT",
            "Signature input alias: text(feed name: serving_default_text:0) not found in request "
            "and no default value provided. Inputs expected to be in the request {key}, "
            "or default input alias set: ",
        ),
        (
            "serving_default",
            {"text": TEXTS},
            ["f"],
            "INVALID_ARGUMENT",
            "output tensor alias not found in signature: f Outputs expected to be in the set "
            "{label,probabilities,probability}.",
        ),
        (
            "serving_default",
            {"text": TEXTS},
            ["label", "label"],
            "INVALID_ARGUMENT",
            "duplicate output tensor alias: label",
        ),
    ],
)
def test_refusals_have_the_words_of_tensorflow_serving(
    predictor, signature, inputs, output_filter, code, text
):
    with pytest.raises(errors.ServingError) as caught:
        predictor.predict(signature, inputs, output_filter)
    assert (caught.value.code, caught.value.text) == (code, text)


def test_a_wrong_type_is_refused_not_converted(predictor):
    with pytest.raises(errors.ServingError, match="to be string but float is provided"):
        predictor.predict("", {"text": np.zeros(2, "float32")})


def test_a_wrong_shape_is_refused_by_the_graph(predictor):
    with pytest.raises(errors.ServingError, match="INVALID_ARGUMENT"):
        predictor.predict("add", {"a": X, "b": np.zeros((5, 3), "float32")})


def test_a_deadline_ends_a_slow_call_and_a_model_needs_no_variables(tmp_path):
    predictor = saved_model.SavedModelPredictor(exports.export_slow_model(tmp_path / "1"))
    assert predictor.predict("", {"steps": np.int32(5)}, timeout=30)["total"] == 5
    with pytest.raises(errors.ServingError) as caught:
        predictor.predict("", {"steps": np.int32(2**31 - 1)}, timeout=0.05)
    assert str(caught.value) == "DEADLINE_EXCEEDED: Timed out waiting for notification"
    predictor.close()


@pytest.mark.parametrize("content", [None, b"", b"not a protocol buffer"])
def test_a_folder_without_a_model_does_not_load(tmp_path, content):
    if content is not None:
        (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(errors.ServingError):
        saved_model.SavedModelPredictor(tmp_path)


@pytest.fixture(scope="module")
def with_default(exported, tmp_path_factory):
    """The export again, with a default for the input `b` of `add`."""
    folder = tmp_path_factory.mktemp("default") / "1"
    shutil.copytree(exported, folder)
    message = saved_model_pb2.SavedModel()
    message.ParseFromString((folder / "saved_model.pb").read_bytes())
    signature = message.meta_graphs[0].signature_def["add"]
    default = np.array([[10, 20]], "float32")
    signature.defaults["b"].CopyFrom(tf.make_tensor_proto(default))
    (folder / "saved_model.pb").write_bytes(message.SerializeToString())
    loaded = saved_model.SavedModelPredictor(folder)
    yield loaded
    loaded.close()


def test_an_input_with_a_default_may_be_left_out(with_default):
    assert with_default.predict("add", {"a": X})["sum"].tolist() == [[10.5, 20.5]]
    assert with_default.predict("add", {"a": X, "b": X})["sum"].tolist() == [[0.5, 0.5]]
    assert '"b": {' in with_default.metadata_json


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        (
            {"b": X},
            "Signature input alias: a(feed name: add_a:0) not found in request and no default "
            "value provided. Inputs expected to be in the request {b}, or default input alias "
            "set: b",
        ),
        (
            {"a": X, "key": X},
            "Inputs contains invalid name. Used request inputs: a, request input: a,key",
        ),
    ],
)
def test_defaults_do_not_excuse_wrong_names(with_default, inputs, text):
    with pytest.raises(errors.ServingError) as caught:
        with_default.predict("add", inputs)
    assert (caught.value.code, caught.value.text) == ("INVALID_ARGUMENT", text)


class Squared(tf.Module):
    """Compiled by XLA, and with one output under two names."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")], jit_compile=True)
    def square(self, x):
        y = x * x
        return {"y": y, "z": y}


def test_a_compiled_model_runs_and_one_tensor_may_have_two_names(tmp_path):
    model = Squared()
    tf.saved_model.save(model, str(tmp_path), {"serving_default": model.square})
    predictor = saved_model.SavedModelPredictor(tmp_path)
    outputs = predictor.predict("", {"x": np.array([3, -2], "float32")})
    assert {name: array.tolist() for name, array in outputs.items()} == {"y": [9, 4], "z": [9, 4]}
    predictor.close()


def test_a_closed_model_leaves_nothing_for_the_garbage_collector(exported):
    loaded = saved_model.SavedModelPredictor(exported)
    loaded.predict("", {"text": TEXTS})
    graph = weakref.ref(loaded._session._session.graph)
    gc.disable()
    try:
        loaded.close()
        del loaded
        assert graph() is None
    finally:
        gc.enable()


def test_a_session_is_closed_if_nothing_can_be_put_around_it(exported):
    sessions = []

    def refuse(session):
        sessions.append(session)
        raise errors.invalid_argument("no")

    with pytest.raises(errors.ServingError, match="no"):
        saved_model.SavedModelPredictor(exported, wrap=refuse)
    with pytest.raises(RuntimeError, match="[Cc]losed"):
        sessions[0]._session.run([])


def test_a_single_string_keeps_its_zeros(tmp_path):
    echo = tf.function(
        lambda text: {"text": tf.identity(text)},
        input_signature=[tf.TensorSpec([], tf.string, "text")],
    )
    tf.saved_model.save(
        tf.Module(), str(tmp_path), {"serving_default": echo.get_concrete_function()}
    )
    loaded = saved_model.SavedModelPredictor(tmp_path)
    assert loaded.predict("", {"text": np.array(b"a\0", object)})["text"].item() == b"a\0"
    loaded.close()
