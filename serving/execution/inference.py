"""TensorFlow Serving's request protos to response protos, on one loaded version.

What gRPC and warm-up records have in common; finding the version is the
caller's part. Sources of the codes and texts: TensorFlow Serving,
`servables/tensorflow/predict_util.cc`, `classifier.cc`, `regressor.cc`,
`multi_inference.cc` and `util.cc`.
"""

import numpy as np
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    inference_pb2,
    input_pb2,
    model_pb2,
    predict_pb2,
    regression_pb2,
)

from serving import errors
from serving.execution import example_inference, tensor_proto
from serving.execution.example_inference import Classes, Method
from serving.model import DEFAULT_SIGNATURE, Options, Predictor, Signature
from serving.telemetry.request_metrics import UNRECORDED, RequestMetrics

_DEFAULTS = Options()


def predict(
    predictor: Predictor,
    request: predict_pb2.PredictRequest,
    options: Options = _DEFAULTS,
    timeout: float | None = None,
    recorder: RequestMetrics = UNRECORDED,
) -> predict_pb2.PredictResponse:
    """Run one signature on tensors.

    Args:
        predictor: The version that `request.model_spec` names.
        request: Inputs by alias; its model spec is read for the name and the signature only.
        options: How to answer.
        timeout: Seconds; None waits as long as it takes.
        recorder: Takes the time that the model needs.

    Returns:
        The filtered outputs, and the model spec with the version and the signature that answered.

    Raises:
        ServingError: With TensorFlow Serving's code and text.
    """
    spec = request.model_spec
    example_inference.check_predict(predictor, spec.signature_name, options)
    inputs = {alias: _to_array(alias, tensor) for alias, tensor in request.inputs.items()}
    with recorder.runtime(spec.name, "Predict"):
        outputs = predictor.predict(
            spec.signature_name, inputs, tuple(request.output_filter), timeout
        )
    response = predict_pb2.PredictResponse(model_spec=_answered(spec, predictor))
    write = tensor_proto.write_content if options.tensor_content else tensor_proto.write_fields
    for alias, array in outputs.items():
        write(array, response.outputs[alias])
    return response


def classify(
    predictor: Predictor,
    request: classification_pb2.ClassificationRequest,
    options: Options = _DEFAULTS,
    timeout: float | None = None,
    recorder: RequestMetrics = UNRECORDED,
) -> classification_pb2.ClassificationResponse:
    """Run one signature on `tf.Example`s for labels and scores; arguments as for `predict`.

    Returns:
        One list of classes per example; a class lacks its label or its score where the signature
        has no such output.

    Raises:
        ServingError: With TensorFlow Serving's code and text.
    """
    spec = request.model_spec
    signature, examples = _prepare(predictor, request, example_inference.CLASSIFY, options)
    with recorder.runtime(spec.name, "Classify"):
        result = example_inference.classify(predictor, signature, examples, timeout)
    response = classification_pb2.ClassificationResponse(model_spec=_answered(spec, predictor))
    _write_classes(result, response.result)
    return response


def regress(
    predictor: Predictor,
    request: regression_pb2.RegressionRequest,
    options: Options = _DEFAULTS,
    timeout: float | None = None,
    recorder: RequestMetrics = UNRECORDED,
) -> regression_pb2.RegressionResponse:
    """Run one signature on `tf.Example`s for one number each; arguments as for `predict`.

    Raises:
        ServingError: With TensorFlow Serving's code and text.
    """
    spec = request.model_spec
    signature, examples = _prepare(predictor, request, example_inference.REGRESS, options)
    with recorder.runtime(spec.name, "Regress"):
        values = example_inference.regress(predictor, signature, examples, timeout)
    response = regression_pb2.RegressionResponse(model_spec=_answered(spec, predictor))
    _write_values(values, response.result)
    return response


def multi_inference(
    predictor: Predictor,
    request: inference_pb2.MultiInferenceRequest,
    options: Options = _DEFAULTS,
    timeout: float | None = None,
    recorder: RequestMetrics = UNRECORDED,
) -> inference_pb2.MultiInferenceResponse:
    """Classify and regress the same examples in one run of the model; arguments as for `predict`.

    The version is the one that the first task's model spec names.

    Returns:
        One result per task, in the order of the tasks.

    Raises:
        ServingError: With TensorFlow Serving's code and text.
    """
    signatures = _multi_inference_signatures(predictor, request, options)
    examples = serialized_examples(request.input)
    methods = [task.method_name for task in request.tasks]
    results = example_inference.infer(
        predictor, list(zip(signatures, methods, strict=True)), examples, timeout
    )
    if request.tasks:
        recorder.examples(request.tasks[0].model_spec.name, len(examples))
    response = inference_pb2.MultiInferenceResponse()
    for task, result in zip(request.tasks, results, strict=True):
        answer = response.results.add(model_spec=_answered(task.model_spec, predictor))
        if isinstance(result, Classes):
            _write_classes(result, answer.classification_result)
        else:
            _write_values(result, answer.regression_result)
    return response


def serialized_examples(message: input_pb2.Input) -> list[bytes]:
    """The examples of a request as bytes, each preceded by the context they share.

    The context comes first, so that a feature of the example wins over one of the context.

    Raises:
        ServingError: INVALID_ARGUMENT if there are none.
    """
    shared = message.example_list_with_context
    examples = message.example_list.examples or shared.examples
    if not examples:
        raise errors.invalid_argument("Input is empty.")
    context = shared.context.SerializeToString()
    return [context + example.SerializeToString() for example in examples]


def _prepare(
    predictor: Predictor,
    request: classification_pb2.ClassificationRequest | regression_pb2.RegressionRequest,
    method_name: str,
    options: Options,
) -> tuple[Signature, list[bytes]]:
    method = Method(request.model_spec.signature_name, method_name)
    signature = example_inference.find(predictor, method, options)
    return signature, serialized_examples(request.input)


def _multi_inference_signatures(
    predictor: Predictor, request: inference_pb2.MultiInferenceRequest, options: Options
) -> list[Signature]:
    signatures: dict[str, Signature] = {}
    for task in request.tasks:
        spec = task.model_spec
        if not spec.name:
            raise errors.invalid_argument("Found ModelSpec with an empty model name.")
        if spec.name != request.tasks[0].model_spec.name:
            raise errors.invalid_argument(
                "All ModelSpecs in a MultiInferenceRequest must access the same model name."
            )
        name = spec.signature_name or DEFAULT_SIGNATURE
        if name in signatures:
            raise errors.invalid_argument(f"Duplicate evaluation of signature: {name}")
        if name not in predictor.signatures:
            raise errors.invalid_argument(f"Requested signature not found in model graph: {name}")
        if task.method_name not in (example_inference.CLASSIFY, example_inference.REGRESS):
            raise errors.ServingError(
                "UNIMPLEMENTED", f"Unsupported signature method_name: {task.method_name}"
            )
        signatures[name] = predictor.signatures[name]
        example_inference.check(signatures[name], task.method_name, options)
    return list(signatures.values())


def _answered(spec: model_pb2.ModelSpec, predictor: Predictor) -> model_pb2.ModelSpec:
    answered = model_pb2.ModelSpec(
        name=spec.name, signature_name=spec.signature_name or DEFAULT_SIGNATURE
    )
    answered.version.value = predictor.version
    return answered


def _to_array(alias: str, tensor: tensor_pb2.TensorProto) -> np.ndarray:
    try:
        return tensor_proto.read(tensor)
    except (TypeError, ValueError) as error:
        raise errors.invalid_argument(f"tensor parsing error: {alias}") from error


def _write_classes(classes: Classes, result: classification_pb2.ClassificationResult) -> None:
    columns = {}
    if classes.labels is not None:
        columns["label"] = classes.labels.tolist()
    if classes.scores is not None:
        columns["score"] = classes.scores.tolist()
    for rows in zip(*columns.values(), strict=True):
        written = result.classifications.add().classes
        for values in zip(*rows, strict=True):
            written.add(**dict(zip(columns, values, strict=True)))


def _write_values(values: np.ndarray, result: regression_pb2.RegressionResult) -> None:
    for value in values.tolist():
        result.regressions.add(value=value)
