"""gRPC of a running server, asked with the official stubs: codes, texts and quirks.

Sources: TensorFlow Serving, `model_servers/prediction_service_impl.cc`, `get_model_status_impl.cc`,
`servables/tensorflow/predict_util.cc`, `classifier.cc`, `regressor.cc`, `multi_inference.cc` and
`get_model_metadata_impl.cc`.
"""

import copy

import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import wrappers_pb2
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_pb2,
    regression_pb2,
)

from serving.command.server import Sources
from serving.repository.model_config import ServedModel
from tests.serving import exports, served_models, version1_exports
from tests.serving.served_models import refusal, request_for

NOT_FOUND, INVALID = "NOT_FOUND", "INVALID_ARGUMENT"
METHODS = {"classify": version1_exports.CLASSIFY, "regress": version1_exports.REGRESS}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    (folder / "half").mkdir()
    served_models.export_tensors(folder / "tensors" / "3")
    version1_exports.export(folder / "half" / "123")
    exports.export_slow_model(folder / "slow" / "1")
    models = [ServedModel(name, folder / name) for name in ("tensors", "half", "slow")]
    with served_models.serve(Sources(models)) as running:
        yield running


@pytest.fixture(params=["Predict", "Classify", "Regress", "GetModelMetadata", "GetModelStatus"])
def api(request, served):
    """A remote procedure with a model spec, and its request's class."""
    messages = {
        "Predict": lambda: request_for("half", x=[1.0]),
        "Classify": lambda: classify_request("classify", {}),
        "Regress": lambda: regress_request("regress", {}),
        "GetModelMetadata": lambda: get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=model_pb2.ModelSpec(name="half"), metadata_field=["signature_def"]
        ),
        "GetModelStatus": lambda: get_model_status_pb2.GetModelStatusRequest(
            model_spec=model_pb2.ModelSpec(name="half")
        ),
    }
    stub = served.models if request.param == "GetModelStatus" else served.prediction
    return getattr(stub, request.param), messages[request.param]()


def example(**features):
    values = {k: tf.train.Feature(float_list={"value": [v]}) for k, v in features.items()}
    return tf.train.Example(features=tf.train.Features(feature=values))


def fill(request, signature, features, context=None):
    request.model_spec.name, request.model_spec.signature_name = "half", signature
    filled = [example(**values) for values in features]
    if context is None:
        request.input.example_list.examples.extend(filled)
    else:
        request.input.example_list_with_context.examples.extend(filled)
        request.input.example_list_with_context.context.CopyFrom(example(**context))
    return request


def classify_request(signature, *features, context=None):
    return fill(classification_pb2.ClassificationRequest(), signature, features, context)


def regress_request(signature, *features, context=None):
    return fill(regression_pb2.RegressionRequest(), signature, features, context)


def test_every_api_needs_a_model_spec(api):
    call, request = api
    request.ClearField("model_spec")
    assert refusal(call, request) == (INVALID, "Missing ModelSpec")


def test_every_api_but_status_finds_the_model_alike(api, served):
    call, request = api
    if call == served.models.GetModelStatus:
        return
    for change, code, text in [
        ({"name": ""}, INVALID, "ModelSpec has no name specified."),
        ({"name": "no"}, NOT_FOUND, "Servable not found for request: Latest(no)"),
        ({"version": 7}, NOT_FOUND, "Servable not found for request: Specific(half, 7)"),
        ({"version": 0}, NOT_FOUND, "Servable not found for request: Specific(half, 0)"),
        ({"version_label": "L"}, INVALID, "Unrecognized servable version label: L"),
    ]:
        changed = copy.deepcopy(request)
        if "version" in change:
            changed.model_spec.version.value = change["version"]
        else:
            [(field, value)] = change.items()
            setattr(changed.model_spec, field, value)
        if change == {"name": ""}:
            changed.model_spec.signature_name = "s"  # Or there would be no model spec at all.
        assert refusal(call, changed) == (code, text)


def test_status_ignores_labels(served):
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "half"
    request.model_spec.version_label = "unknown"
    [status] = served.models.GetModelStatus(request, timeout=10).model_version_status
    assert (status.version, status.state, status.status.error_code) == (123, 30, 0)
    request.model_spec.version.CopyFrom(wrappers_pb2.Int64Value(value=7))
    assert refusal(served.models.GetModelStatus, request) == (
        NOT_FOUND,
        "Could not find version 7 of model half",
    )
    request.model_spec.Clear()
    request.model_spec.name = "no"
    assert refusal(served.models.GetModelStatus, request) == (
        NOT_FOUND,
        "Could not find any versions of model no",
    )


def test_the_answer_names_signature_and_version(served):
    response = served.prediction.Predict(request_for("half", x=[1.0, 2.0]), timeout=10)
    assert response.model_spec.name == "half"
    assert response.model_spec.signature_name == "serving_default"
    assert response.model_spec.version.value == 123
    y = response.outputs["y"]
    assert (list(y.float_val), y.tensor_content) == ([2.5, 3.0], b"")
    assert [dim.size for dim in y.tensor_shape.dim] == [2]


def filtered(*aliases):
    request = request_for("tensors", "two_outputs", x=[1.0])
    request.output_filter.extend(aliases)
    return request


UNPARSABLE = tensor_pb2.TensorProto(dtype=1, tensor_content=b"abc")


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        (
            request_for("tensors", "s", x=1.0),
            "FAILED_PRECONDITION",
            'Serving signature key "s" not found.',
        ),
        (
            request_for("tensors", a=1.0, b=2.0),
            INVALID,
            "input size does not match signature: 2!=1 len({a,b}) != len({x}). "
            "Sent extra: {a,b}. Missing but required: {x}.",
        ),
        (
            request_for("tensors", "pair", b=2.0),
            INVALID,
            "input size does not match signature: 1!=2 len({b}) != len({a,b}). "
            "Sent extra: {}. Missing but required: {a}.",
        ),
        (
            request_for("tensors", key=1.0),
            INVALID,
            "Signature input alias: x(feed name: any:0) not found in request and no default value "
            "provided. Inputs expected to be in the request {key}, or default input alias set: ",
        ),
        (
            request_for("tensors", "defaults", b=1.0),
            INVALID,
            "Signature input alias: a(feed name: a:0) not found in request and no default value "
            "provided. Inputs expected to be in the request {b}, or default input alias set: b",
        ),
        (
            request_for("tensors", "defaults", a=1.0, c=1.0),
            INVALID,
            "Inputs contains invalid name. Used request inputs: a, request input: a,c",
        ),
        (request_for("tensors", x=UNPARSABLE), INVALID, "tensor parsing error: x"),
        (
            request_for("tensors", x=tensor_pb2.TensorProto(dtype=99)),
            INVALID,
            "tensor parsing error: x",
        ),
        (
            filtered("f"),
            INVALID,
            "output tensor alias not found in signature: f "
            "Outputs expected to be in the set {minus,twice}.",
        ),
        (filtered("minus", "minus"), INVALID, "duplicate output tensor alias: minus"),
        (
            request_for("tensors", x=True),
            INVALID,
            "Expects arg[0] to be float but bool is provided",
        ),
    ],
)
def test_predict_refuses_in_the_words_of_tensorflow_serving(served, request_, code, text):
    assert refusal(served.prediction.Predict, request_) == (code, text)


def test_a_default_stands_in_for_an_input(served):
    response = served.prediction.Predict(request_for("tensors", "defaults", a=1.0), timeout=10)
    assert response.outputs["sum"].float_val == [11.0]


def test_only_what_is_asked_for_comes_back(served):
    response = served.prediction.Predict(filtered("minus"), timeout=10)
    assert response.outputs.keys() == {"minus"}


@pytest.mark.parametrize("dtype", served_models.WITH_JSON + served_models.WITHOUT_JSON)
def test_every_type_travels(served, dtype):
    words = [[b"", "가\0".encode()], [b"\xff\0", b"abc"]]
    value = words if dtype == tf.string else tf.cast([[0, 1], [2, 3]], dtype).numpy()
    sent = tf.make_tensor_proto(value, dtype)
    answer = served.prediction.Predict(request_for("tensors", dtype.name, x=sent), timeout=10)
    received = answer.outputs["y"]
    assert received.dtype == dtype.as_datatype_enum
    np.testing.assert_array_equal(tf.make_ndarray(received), tf.make_ndarray(sent))


def test_a_model_keeps_its_state_and_needs_no_input(served):
    answers = [
        served.prediction.Predict(request_for("half", name), timeout=10).outputs["output"].float_val
        for name in ("reset_counter", "incr_counter", "incr_counter", "get_counter")
    ]
    assert answers == [[0.0], [1.0], [2.0], [2.0]]


def test_predict_works_on_other_signatures_too(served):
    serialized = [example(x=2.0).SerializeToString()]
    request = request_for("half", "regress", inputs=serialized)
    answer = served.prediction.Predict(request, timeout=10)
    assert list(answer.outputs["outputs"].float_val) == [3.0]


def test_the_deadline_reaches_the_model(served):
    request = request_for("slow", steps=np.int32(2_000_000_000))
    assert refusal(served.prediction.Predict, request, timeout=0.3)[0] == "DEADLINE_EXCEEDED"
    # The run has ended, too: the next one has the processor for itself.
    answer = served.prediction.Predict(request_for("slow", steps=np.int32(3)), timeout=5)
    assert list(answer.outputs["total"].int_val) == [3]


def test_long_texts_are_cut(served):
    code, text = refusal(served.prediction.Predict, request_for("tensors", "s" * 2000, x=1.0))
    assert code == "FAILED_PRECONDITION"
    assert text == ('Serving signature key "' + "s" * 2000)[:1024] + "...TRUNCATED"


def test_examples_are_classified_and_regressed(served):
    classes = served.prediction.Classify(classify_request("classify", {"x": 2.0}), timeout=10)
    assert [(c.label, c.score) for c in classes.result.classifications[0].classes] == [
        ("zero", 3.0),
        ("하나", 6.0),
        ("two", 9.0),
    ]
    assert classes.model_spec.version.value == 123
    request = regress_request("regress", {"x": 1.0}, {}, context={"shift": 1.0})
    values = served.prediction.Regress(request, timeout=10)
    assert [regression.value for regression in values.result.regressions] == [3.5, 3.0]


@pytest.mark.parametrize(
    ("api", "request_", "code", "start"),
    [
        ("Classify", classify_request("s", {}), INVALID, "No signature was found with the name: s"),
        ("Classify", classify_request("classify"), INVALID, "Input is empty."),
        ("Regress", regress_request("regress"), INVALID, "Input is empty."),
        ("Regress", regress_request("odd_two_inputs", {}), INVALID, "Expected one input Tensor."),
        (
            "Classify",
            classify_request("odd_input_name", {}),
            INVALID,
            "No classification inputs found in SignatureDef: ",
        ),
        ("Regress", regress_request("classify", {}), INVALID, "Expected one output Tensor."),
        (
            "Classify",
            classify_request("odd_classify_short", {}, {}),
            INVALID,
            "Expected scores output batch size of 2. Got: 1",
        ),
        (
            "Classify",
            classify_request("odd_classify_int", {}),
            INVALID,
            "Expected scores Tensor of DT_FLOAT. Got: DT_INT32",
        ),
        (
            "Regress",
            regress_request("odd_regress_matrix", {}),
            INVALID,
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got ",
        ),
    ],
)
def test_examples_are_refused_in_the_words_of_tensorflow_serving(
    served, api, request_, code, start
):
    refused, text = refusal(getattr(served.prediction, api), request_)
    assert refused == code
    assert text.startswith(start)


def multi_request(*tasks, name="half", examples=1):
    request = inference_pb2.MultiInferenceRequest()
    request.input.example_list.examples.extend([example(x=2.0)] * examples)
    for signature, method in tasks:
        task = request.tasks.add(method_name=METHODS.get(method, method))
        task.model_spec.name, task.model_spec.signature_name = name, signature
    return request


def test_several_tasks_share_one_run(served):
    request = multi_request(("regress", "regress"), ("classify", "classify"))
    regression, classes = served.prediction.MultiInference(request, timeout=10).results
    assert regression.regression_result.regressions[0].value == 3.0
    assert classes.classification_result.classifications[0].classes[0].score == 3.0
    assert [r.model_spec.version.value for r in (regression, classes)] == [123, 123]


def of_two_models():
    request = multi_request(("regress", "regress"), ("classify", "classify"))
    request.tasks[1].model_spec.name = "tensors"
    return request


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        (
            of_two_models(),
            INVALID,
            "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
        ),
        (
            multi_request(("regress", "regress"), ("regress", "regress")),
            INVALID,
            "Duplicate evaluation of signature: regress",
        ),
        (
            multi_request(("s", "regress")),
            INVALID,
            "Requested signature not found in model graph: s",
        ),
        (
            multi_request(("regress", "m")),
            "UNIMPLEMENTED",
            "Unsupported signature method_name: m",
        ),
        (
            multi_request(("regress", "regress"), name="no"),
            NOT_FOUND,
            "Servable not found for request: Latest(no)",
        ),
        (multi_request(("regress", "regress"), examples=0), INVALID, "Input is empty."),
    ],
)
def test_several_tasks_are_refused_in_the_words_of_tensorflow_serving(served, request_, code, text):
    assert refusal(served.prediction.MultiInference, request_) == (code, text)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ([], "GetModelMetadataRequest must specify at least one metadata_field"),
        (["signature_def", "weights"], "Metadata field weights is not supported"),
    ],
)
def test_metadata_is_the_signatures_only(served, fields, text):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
    request.model_spec.name = "half"
    assert refusal(served.prediction.GetModelMetadata, request) == (INVALID, text)


def test_what_is_not_offered_is_unimplemented(served):
    call = served.channel.unary_unary("/tensorflow.serving.SessionService/SessionRun")
    with pytest.raises(grpc.RpcError) as caught:
        call(b"", timeout=10)
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
