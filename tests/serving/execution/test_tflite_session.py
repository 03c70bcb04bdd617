"""Tests of serving/execution/tflite_session.py with models converted here."""

import concurrent.futures
import json
import pathlib

import flatbuffers
import numpy as np
import pytest
import tensorflow as tf
from flatbuffers import flexbuffers
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow.lite.python import schema_py_generated as schema

from serving import errors
from serving.execution.saved_model import SavedModelPredictor
from serving.execution.session import SessionSettings
from serving.execution.tflite_session import FILE, TfLiteSession

TFLITE = SessionSettings(num_tflite_interpreters=2)


class HalfPlusTwo(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, "x")])
    def __call__(self, x):
        return {"y": x / 2.0 + 2.0}


class Gather(tf.Module):
    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, "texts"),
            tf.TensorSpec([None], tf.int32, "places"),
        ]
    )
    def __call__(self, texts, places):
        return {"chosen": tf.gather(texts, places)}


def convert(module) -> bytes:
    concrete = module.__call__.get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete], module).convert()


def rename(content: bytes, old: str, new: str) -> bytes:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    for tensor in model.subgraphs[0].tensors:
        if tensor.name == old.encode():
            tensor.name = new
    return rebuild(model)


def with_signatures(content: bytes, packed: bytes) -> bytes:
    """The model with metadata, as TensorFlow Lite's signature tool writes it."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(packed, np.uint8)
    entry.name, entry.buffer = "signature_defs_metadata", len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    return rebuild(model)


def rebuild(model) -> bytes:
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def pack(signatures) -> bytes:
    builder = flexbuffers.Builder()
    with builder.Map():
        for key, signature in signatures.items():
            builder.Key(key)
            # A string to the tool that writes it; these have no byte beyond ASCII.
            builder.String(signature.SerializeToString().decode("ascii"))
    return bytes(builder.Finish())


def signature(input_tensor: str, output_tensor: str) -> meta_graph_pb2.SignatureDef:
    made = meta_graph_pb2.SignatureDef(method_name="tensorflow/serving/predict")
    for infos, alias, tensor in (
        (made.inputs, "x", input_tensor),
        (made.outputs, "y", output_tensor),
    ):
        infos[alias].name, infos[alias].dtype = tensor, tf.float32.as_datatype_enum
        infos[alias].tensor_shape.dim.add(size=2)
    return made


@pytest.fixture(scope="module")
def half_plus_two():
    return convert(HalfPlusTwo())


def write(folder: pathlib.Path, content: bytes) -> pathlib.Path:
    (folder / FILE).write_bytes(content)
    return folder


def names(content: bytes) -> tuple[str, str]:
    interpreter = tf.lite.Interpreter(model_content=content)
    return interpreter.get_input_details()[0]["name"], interpreter.get_output_details()[0]["name"]


X = np.array([[2.0, 4.0], [6.0, 8.0], [0.0, -4.0]], "float32")


def test_a_model_without_signatures_answers_by_its_tensors_names(half_plus_two, tmp_path):
    predictor = SavedModelPredictor(write(tmp_path, half_plus_two), 7, settings=TFLITE)
    given, returned = (name.partition(":")[0] for name in names(half_plus_two))
    for rows in (1, 3, 2):
        (answer,) = predictor.predict("", {given: X[:rows]}).items()
        assert answer[0] == returned
        np.testing.assert_array_equal(answer[1], X[:rows] / 2 + 2)
    described = json.loads(predictor.metadata_json)["signature_def"]["serving_default"]
    assert described["method_name"] == "tensorflow/serving/predict"
    assert described["inputs"][given]["dtype"] == "DT_FLOAT"
    assert [dim["size"] for dim in described["inputs"][given]["tensor_shape"]["dim"]] == ["1", "2"]
    predictor.close()


@pytest.mark.parametrize("convert_names", [lambda name: name, lambda name: name.split(":")[0]])
def test_a_model_with_signatures_answers_by_their_aliases(half_plus_two, tmp_path, convert_names):
    given, returned = names(half_plus_two)
    # Early converters cut off what follows the colon, and signatures kept it.
    renamed = half_plus_two
    for name in (given, returned):
        renamed = rename(renamed, name, convert_names(name))
    assert names(renamed) == (convert_names(given), convert_names(returned))
    signed = with_signatures(renamed, pack({"halve": signature(given, returned)}))
    predictor = SavedModelPredictor(write(tmp_path, signed), settings=TFLITE)
    assert list(predictor.signatures) == ["halve"]
    np.testing.assert_array_equal(predictor.predict("halve", {"x": X})["y"], X / 2 + 2)


def test_strings_and_several_inputs_go_in_and_out(tmp_path):
    session = TfLiteSession(write(tmp_path, convert(Gather())), 1)
    inputs = {info.name: alias for alias, info in signature_inputs(session).items()}
    texts = np.array(["긴 문장".encode(), b"", b"a\0b", b"z"], object)
    arrays = {"texts": texts, "places": np.array([2, 0], "int32")}
    feeds = {
        tensor: arrays["texts" if "texts" in alias else "places"]
        for tensor, alias in inputs.items()
    }
    (output,) = session.signature_defs["serving_default"].outputs.values()
    (chosen,) = session.run(feeds, [output.name])
    assert chosen.tolist() == [b"a\0b", "긴 문장".encode()]


def signature_inputs(session):
    return session.signature_defs["serving_default"].inputs


def test_many_callers_get_their_own_answers(half_plus_two, tmp_path):
    predictor = SavedModelPredictor(write(tmp_path, half_plus_two), settings=TFLITE)
    (alias,) = predictor.signatures["serving_default"].inputs

    def ask(number):
        rows = np.full((1 + number % 3, 2), number, "float32")
        (answer,) = predictor.predict("", {alias: rows}).values()
        np.testing.assert_array_equal(answer, rows / 2 + 2)
        return len(answer)

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(90))) == 180


def test_a_caller_who_waits_too_long_for_an_interpreter_is_told(half_plus_two, tmp_path):
    session = TfLiteSession(write(tmp_path, half_plus_two), 1)
    (info,) = signature_inputs(session).values()
    with (
        session._interpreter(None),
        pytest.raises(errors.ServingError, match="No TFLite interpreter was free") as raised,
    ):
        session.run({info.name: X}, [], 0.01)
    assert raised.value.code == "DEADLINE_EXCEEDED"


def test_an_array_of_another_type_is_refused_and_the_next_is_answered(half_plus_two, tmp_path):
    session = TfLiteSession(write(tmp_path, half_plus_two), 1)
    ((given,), (returned,)) = (signature_inputs(session).values(), session._outputs)
    with pytest.raises(errors.ServingError, match="Got value of type INT32") as raised:
        session.run({given.name: X.astype("int32")}, [returned])
    assert raised.value.code == "INVALID_ARGUMENT"
    np.testing.assert_array_equal(session.run({given.name: X}, [returned])[0], X / 2 + 2)


def test_what_the_model_cannot_compute_is_told_and_the_next_is_answered(tmp_path):
    session = TfLiteSession(write(tmp_path, convert(Gather())), 1)
    ((returned,), inputs) = (session._outputs, signature_inputs(session))
    by_type = {info.dtype: info.name for info in inputs.values()}
    texts = {by_type[tf.string.as_datatype_enum]: np.array([b"a", b"b"], object)}
    places = by_type[tf.int32.as_datatype_enum]
    with pytest.raises(errors.ServingError, match="Failed to invoke TfLite inter") as raised:
        session.run({**texts, places: np.array([7], "int32")}, [returned])
    assert raised.value.code == "INTERNAL"
    assert session.run({**texts, places: np.array([1], "int32")}, [returned])[0].tolist() == [b"b"]


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"", "Cannot build FlatBufferModel"), (b"no model at all" * 9, "Cannot build FlatBuffer")],
)
def test_what_is_no_model_is_refused(tmp_path, content, text):
    with pytest.raises(errors.ServingError, match=text) as raised:
        TfLiteSession(write(tmp_path, content), 1)
    assert raised.value.code == "INVALID_ARGUMENT"


def test_signatures_that_cannot_be_read_are_refused(half_plus_two, tmp_path):
    with pytest.raises(errors.ServingError, match="Invalid SignatureDefs found in TfLite model"):
        TfLiteSession(write(tmp_path, with_signatures(half_plus_two, b"\xff\xfe\xfd")), 1)


def test_a_signature_of_an_unknown_tensor_is_refused(half_plus_two, tmp_path):
    signed = with_signatures(half_plus_two, pack({"a": signature("nowhere:0", "y:0")}))
    with pytest.raises(errors.ServingError, match="Signature input x references an unknown"):
        TfLiteSession(write(tmp_path, signed), 1)


def test_the_file_counts_only_if_it_is_preferred(half_plus_two, tmp_path):
    write(tmp_path, half_plus_two)
    with pytest.raises(errors.ServingError, match="SavedModel"):
        SavedModelPredictor(tmp_path)
