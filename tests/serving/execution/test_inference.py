"""Tests of serving/execution/{inference,example_inference}.py with a TensorFlow 1 SavedModel."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import classification_pb2, inference_pb2, predict_pb2, regression_pb2

from serving import errors
from serving.execution import inference, saved_model
from serving.execution.session import SessionSettings
from serving.model import Options
from serving.telemetry.request_metrics import RequestMetrics
from tests.serving import version1_exports

CLASSIFY, REGRESS = version1_exports.CLASSIFY, version1_exports.REGRESS


class CountedSession:
    """Counts the calls of the session it stands for."""

    def __init__(self, session):
        self._session = session
        self.fetches = []

    def run(self, feeds, fetches, timeout=None):
        self.fetches.append(list(fetches))
        return self._session.run(feeds, fetches, timeout)

    def close(self):
        self._session.close()


class Recorded:
    """Metrics that remember."""

    def __init__(self):
        self.events = []

    def increment(self, name, amount=1, **labels):
        self.events.append((name, amount, labels))

    def observe(self, name, value, **labels):
        self.events.append((name, value, labels))


@pytest.fixture(scope="module", params=["main op", "legacy init op"])
def path(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("version1")
    return version1_exports.export(
        folder / "1", is_init_op_legacy=request.param == "legacy init op"
    )


@pytest.fixture(scope="module")
def sessions():
    return []


@pytest.fixture(scope="module")
def predictor(path, sessions):
    def wrap(session):
        sessions.append(CountedSession(session))
        return sessions[-1]

    loaded = saved_model.SavedModelPredictor(path, 7, wrap)
    yield loaded
    loaded.close()


def fill(message, *values, context=None):
    """Put examples of one feature `x` into a request's input."""
    target = message.example_list
    if context is not None:
        target = message.example_list_with_context
        target.context.features.feature["shift"].float_list.value.append(context)
    for value in values:
        target.examples.add().features.feature["x"].float_list.value.append(value)


def classification(signature="classify", *values, **extra):
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name = "m"
    request.model_spec.signature_name = signature
    fill(request.input, *values, **extra)
    return request


def regression(signature="regress", *values, **extra):
    request = regression_pb2.RegressionRequest()
    request.model_spec.name = "m"
    request.model_spec.signature_name = signature
    fill(request.input, *values, **extra)
    return request


def several(*tasks, values=(1.0,)):
    request = inference_pb2.MultiInferenceRequest()
    for name, signature, method in tasks:
        task = request.tasks.add(method_name=method)
        task.model_spec.name = name
        task.model_spec.signature_name = signature
    fill(request.input, *values)
    return request


def refusal(call, predictor, request, options=None):
    with pytest.raises(errors.ServingError) as caught:
        call(predictor, request, options or Options())
    return caught.value.code, caught.value.text


def test_predict_answers_with_the_spec_that_answered(predictor):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto([1.0, 2.0]))
    response = inference.predict(predictor, request)
    assert list(response.outputs["y"].float_val) == [2.5, 3.0]
    spec = response.model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == ("m", 7, "serving_default")


def test_predict_can_answer_in_tensor_content(predictor):
    request = predict_pb2.PredictRequest()
    request.inputs["x"].CopyFrom(tf.make_tensor_proto([1.0, 2.0]))
    tensor = inference.predict(predictor, request, Options(tensor_content=True)).outputs["y"]
    assert tensor.tensor_content == np.array([2.5, 3], "float32").tobytes()
    assert not tensor.float_val


def test_predict_refuses_a_tensor_that_is_none(predictor):
    request = predict_pb2.PredictRequest()
    request.inputs["x"].dtype = tf.float32.as_datatype_enum
    request.inputs["x"].tensor_shape.dim.add(size=-5)
    assert refusal(inference.predict, predictor, request) == (
        "INVALID_ARGUMENT",
        "tensor parsing error: x",
    )


def test_a_model_keeps_its_state_and_needs_no_inputs(predictor):
    request = predict_pb2.PredictRequest()
    counts = []
    for name in ("reset", "incr", "incr", "get", "reset"):
        request.model_spec.signature_name = f"{name}_counter"
        counts.append(inference.predict(predictor, request).outputs["output"].float_val[0])
    assert counts == [0, 1, 2, 2, 0]


def test_classes_have_labels_and_scores(predictor):
    response = inference.classify(predictor, classification("classify", 4.0, 0.0))
    rows = [
        [(one.label, one.score) for one in row.classes] for row in response.result.classifications
    ]
    words = version1_exports.WORDS
    assert rows == [
        [(words[0], 4), (words[1], 8), (words[2], 12)],
        [(words[0], 2), (words[1], 4), (words[2], 6)],
    ]
    assert response.model_spec.signature_name == "classify"
    assert response.model_spec.version.value == 7


def test_a_class_may_lack_its_label_or_its_score(predictor):
    only_scores = inference.classify(predictor, classification("classify_scores", 4.0))
    assert [(c.label, c.score) for c in only_scores.result.classifications[0].classes] == [("", 4)]
    only_labels = inference.classify(predictor, classification("classify_classes", 4.0))
    classes = only_labels.result.classifications[0].classes
    assert [(c.label, c.score) for c in classes] == [(word, 0) for word in version1_exports.WORDS]


@pytest.mark.parametrize("signature", ["regress", "regress_flat"])
def test_regression_is_a_number_per_example(predictor, signature):
    response = inference.regress(predictor, regression(signature, 1.0, 2.0, 5.0))
    assert [one.value for one in response.result.regressions] == [2.5, 3.0, 4.5]


def test_the_context_joins_every_example(predictor):
    response = inference.regress(predictor, regression("regress", 1.0, 2.0, context=10.0))
    assert [one.value for one in response.result.regressions] == [12.5, 13.0]


def test_several_tasks_take_one_run(predictor, sessions):
    tasks = [("m", "regress", REGRESS), ("m", "classify", CLASSIFY)]
    recorded = Recorded()
    del sessions[-1].fetches[:]
    response = inference.multi_inference(
        predictor, several(*tasks, values=(1.0, 2.0)), recorder=RequestMetrics(recorded)
    )
    [fetches] = sessions[-1].fetches
    assert len(fetches) == 3
    regress, classify = response.results
    assert [one.value for one in regress.regression_result.regressions] == [2.5, 3.0]
    assert classify.classification_result.classifications[1].classes[1].score == 6
    assert (regress.model_spec.signature_name, classify.model_spec.version.value) == ("regress", 7)
    assert recorded.events == [
        ("/tensorflow/serving/request_example_counts", 2, {"model": "m"}),
        ("/tensorflow/serving/request_example_count_total", 2, {"model": "m"}),
    ]


@pytest.mark.parametrize(
    ("call", "request_for", "api"),
    [
        (inference.classify, classification, "Classify"),
        (inference.regress, regression, "Regress"),
    ],
)
def test_the_time_of_the_model_is_recorded(predictor, call, request_for, api):
    recorded = Recorded()
    signature = "classify" if api == "Classify" else "regress"
    call(predictor, request_for(signature, 1.0), recorder=RequestMetrics(recorded))
    [(name, microseconds, labels)] = recorded.events
    assert name == "/tensorflow/serving/runtime_latency" and microseconds > 0
    assert labels == {"model_name": "m", "API": api, "runtime": "TF1"}


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (classification("s"), "No signature was found with the name: s"),
        (classification("classify"), "Input is empty."),
        (classification("odd_two_inputs", 1.0), "Expected one input Tensor."),
        (classification("odd_classify_three", 1.0), "Expected one or two output Tensors, found 3"),
        (
            classification("odd_classify_vector", 1.0),
            "Expected Tensor shape: [batch_size num_classes] but got [1]",
        ),
        (
            classification("odd_classify_int", 1.0),
            "Expected scores Tensor of DT_FLOAT. Got: DT_INT32",
        ),
        (
            classification("odd_classify_labels", 1.0),
            "Expected classes Tensor of DT_STRING. Got: DT_FLOAT",
        ),
        (
            classification("odd_classify_short", 1.0, 2.0),
            "Expected scores output batch size of 2. Got: 1",
        ),
        (
            classification("odd_classify_sizes", 1.0),
            "Tensors class and score should match in dim_size(1). Got 2 vs. 3",
        ),
        (regression("s"), "No signature was found with the name: s"),
        (regression("odd_two_inputs", 1.0), "Expected one input Tensor."),
        (regression("classify", 1.0), "Expected one output Tensor."),
        (
            regression("odd_regress_matrix", 1.0),
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] "
            "but got [1,3]",
        ),
        (
            regression("odd_regress_int", 1.0),
            "Expected output Tensor of DT_FLOAT.  Got: DT_INT32",
        ),
        (
            regression("odd_regress_short", 1.0, 2.0),
            "Input batch size did not match output batch size: 2 vs. 1",
        ),
    ],
)
def test_refusals_have_the_words_of_tensorflow_serving(predictor, request_, text):
    is_regression = isinstance(request_, regression_pb2.RegressionRequest)
    call = inference.regress if is_regression else inference.classify
    assert refusal(call, predictor, request_) == ("INVALID_ARGUMENT", text)


@pytest.mark.parametrize(
    ("request_", "start"),
    [
        (classification("serving_default", 1.0), "No classification inputs found in SignatureDef"),
        (
            classification("odd_classify_name", 1.0),
            'Expected classification signature outputs to contain at least one of "classes" or '
            '"scores". Signature was',
        ),
        (regression("odd_input_name", 1.0), "No regression inputs found in SignatureDef"),
        (regression("odd_regress_name", 1.0), "No regression outputs found in SignatureDef"),
    ],
)
def test_refusals_show_the_signature(predictor, request_, start):
    is_regression = isinstance(request_, regression_pb2.RegressionRequest)
    call = inference.regress if is_regression else inference.classify
    code, text = refusal(call, predictor, request_)
    assert code == "INVALID_ARGUMENT" and text.startswith(start + ": inputs {\n")
    assert "method_name" in text


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        (
            several(("m", "regress", REGRESS), ("", "classify", CLASSIFY)),
            "INVALID_ARGUMENT",
            "Found ModelSpec with an empty model name.",
        ),
        (
            several(("m", "regress", REGRESS), ("n", "classify", CLASSIFY)),
            "INVALID_ARGUMENT",
            "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
        ),
        (
            several(("m", "regress", REGRESS), ("m", "regress", REGRESS)),
            "INVALID_ARGUMENT",
            "Duplicate evaluation of signature: regress",
        ),
        (
            several(("m", "s", REGRESS)),
            "INVALID_ARGUMENT",
            "Requested signature not found in model graph: s",
        ),
        (
            several(("m", "regress", version1_exports.PREDICT)),
            "UNIMPLEMENTED",
            "Unsupported signature method_name: tensorflow/serving/predict",
        ),
        (
            several(("m", "classify", REGRESS)),
            "INVALID_ARGUMENT",
            "Expected one output Tensor.",
        ),
        (several(("m", "regress", REGRESS), values=()), "INVALID_ARGUMENT", "Input is empty."),
    ],
)
def test_multi_inference_refuses_in_the_words_of_tensorflow_serving(
    predictor, request_, code, text
):
    assert refusal(inference.multi_inference, predictor, request_) == (code, text)


def test_method_names_count_only_if_asked(predictor):
    checked = Options(check_method_names=True)
    assert refusal(inference.regress, predictor, regression("classify_scores", 1.0), checked) == (
        "INVALID_ARGUMENT",
        f"Expected regression signature method_name to be {REGRESS}. Was: {CLASSIFY}",
    )
    inference.classify(predictor, classification("classify", 1.0), checked)
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = "incr_counter"
    inference.predict(predictor, request, checked)


def test_predict_with_checked_method_names_takes_the_known_ones_only(exported):
    predictor = saved_model.SavedModelPredictor(exported)
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = "__saved_model_init_op"
    assert refusal(inference.predict, predictor, request, Options(check_method_names=True)) == (
        "INTERNAL",
        "Expected prediction signature method_name to be one of {tensorflow/serving/predict, "
        "tensorflow/serving/classify, tensorflow/serving/regress}. Was: ",
    )
    predictor.close()


def test_settings_choose_the_graph_and_configure_the_session(path):
    settings = SessionSettings(("gpu", "serve"), tf.compat.v1.ConfigProto(device_count={"CPU": 1}))
    predictor = saved_model.SavedModelPredictor(path, settings=settings)
    assert predictor.signatures.keys() == {"other"}
    x = np.array([4], "float32")
    assert predictor.predict("other", {"x": x})["y"].tolist() == [4]
    predictor.close()


def test_a_graph_that_is_not_there_is_named_by_its_tags(path):
    with pytest.raises(errors.ServingError) as caught:
        saved_model.SavedModelPredictor(path, settings=SessionSettings(("serve", "tpu")))
    assert caught.value.code == "NOT_FOUND"
    assert caught.value.text == (
        "Could not find meta graph def matching supplied tags: { serve tpu }. To inspect available "
        "tag-sets in the SavedModel, please use the SavedModel CLI: `saved_model_cli`"
    )
