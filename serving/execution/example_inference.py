"""Classify and regress: serialized `tf.Example`s in, classes or numbers out.

Neither protos nor TensorFlow here, so that both protocols share it. Sources of
the rules and texts: TensorFlow Serving, `servables/tensorflow/classifier.cc`,
`regressor.cc`, `multi_inference.cc` and `predict_util.cc`.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from serving import errors
from serving.model import DEFAULT_SIGNATURE, Options, Predictor, Signature

PREDICT = "tensorflow/serving/predict"
CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"

_INPUTS, _CLASSES, _SCORES, _OUTPUTS = "inputs", "classes", "scores", "outputs"
# What an array's type is called in the texts, where it is not `DT_` and NumPy's name in capitals.
_TYPE_NAMES = {"object": "STRING", "float32": "FLOAT", "float64": "DOUBLE", "float16": "HALF"}


@dataclasses.dataclass(frozen=True)
class Method:
    """What one signature is asked for."""

    signature_name: str
    """Key of the model's signatures; empty means `serving_default`."""
    name: str
    """`CLASSIFY` or `REGRESS`."""


@dataclasses.dataclass(frozen=True)
class Classes:
    """The classes of a batch; at least one of the two is there."""

    labels: np.ndarray | None
    """Bytes, shape (batch, classes)."""
    scores: np.ndarray | None
    """float32, shape (batch, classes)."""


def check_predict(predictor: Predictor, signature_name: str, options: Options) -> None:
    """Hold a signature's method name against Predict, if the options say so.

    Raises:
        ServingError: INTERNAL if the signature was made for something else.
    """
    signature = predictor.signatures.get(signature_name or DEFAULT_SIGNATURE)
    known = (PREDICT, CLASSIFY, REGRESS)
    if options.check_method_names and signature and signature.method_name not in known:
        raise errors.ServingError(
            "INTERNAL",
            "Expected prediction signature method_name to be one of "
            f"{{{', '.join(known)}}}. Was: {signature.method_name}",
        )


def find(predictor: Predictor, method: Method, options: Options) -> Signature:
    """Look up a signature and check that it can do the method.

    Raises:
        ServingError: INVALID_ARGUMENT if there is none of that name, or if its inputs and outputs
            are not those of the method.
    """
    name = method.signature_name or DEFAULT_SIGNATURE
    if name not in predictor.signatures:
        raise errors.invalid_argument(f"No signature was found with the name: {name}")
    signature = predictor.signatures[name]
    check(signature, method.name, options)
    return signature


def check(signature: Signature, method_name: str, options: Options) -> None:
    """Check that a signature's inputs and outputs are those of a method.

    Raises:
        ServingError: INVALID_ARGUMENT, with the signature.
    """
    kind = "classification" if method_name == CLASSIFY else "regression"
    if options.check_method_names and signature.method_name != method_name:
        raise errors.invalid_argument(
            f"Expected {kind} signature method_name to be {method_name}. "
            f"Was: {signature.method_name}"
        )
    if len(signature.inputs) != 1:
        raise errors.invalid_argument("Expected one input Tensor.")
    _check_output_count(signature, method_name)
    if _INPUTS not in signature.inputs:
        raise errors.invalid_argument(
            f"No {kind} inputs found in SignatureDef: {signature.description}"
        )
    _check_output_names(signature, method_name)


def classify(
    predictor: Predictor,
    signature: Signature,
    examples: Sequence[bytes],
    timeout: float | None = None,
) -> Classes:
    """Run a signature that `find` found for `CLASSIFY`.

    Args:
        predictor: The model.
        signature: One of its signatures.
        examples: Serialized `tf.Example`s, at least one.
        timeout: Seconds; None waits as long as it takes.

    Raises:
        ServingError: If there are no examples, the model fails, or its answer is not shaped like
            classes.
    """
    tensors = _compute(predictor, [(signature, CLASSIFY)], examples, timeout)
    return _read_classes(signature, tensors, len(examples))


def regress(
    predictor: Predictor,
    signature: Signature,
    examples: Sequence[bytes],
    timeout: float | None = None,
) -> np.ndarray:
    """Run a signature that `find` found for `REGRESS`; arguments as for `classify`.

    Returns:
        float32, shape (batch,).

    Raises:
        ServingError: If there are no examples, the model fails, or its answer is not one number
            per example.
    """
    tensors = _compute(predictor, [(signature, REGRESS)], examples, timeout)
    return _read_values(signature, tensors, len(examples))


def infer(
    predictor: Predictor,
    methods: Sequence[tuple[Signature, str]],
    examples: Sequence[bytes],
    timeout: float | None = None,
) -> list[Classes | np.ndarray]:
    """Run several checked signatures, each with its method's name, in one call of the model.

    Returns:
        `Classes` or float32 of shape (batch,) per method.

    Raises:
        ServingError: As `classify` and `regress`.
    """
    tensors = _compute(predictor, methods, examples, timeout)
    return [
        _read_classes(signature, tensors, len(examples))
        if method_name == CLASSIFY
        else _read_values(signature, tensors, len(examples))
        for signature, method_name in methods
    ]


def _compute(
    predictor: Predictor,
    methods: Sequence[tuple[Signature, str]],
    examples: Sequence[bytes],
    timeout: float | None,
) -> dict[str, np.ndarray]:
    """Run the model once; the outputs of all methods by their names in the graph."""
    if not examples:
        raise errors.invalid_argument("Input is empty.")
    batch = np.empty(len(examples), object)
    batch[:] = examples
    inputs = {signature.inputs[_INPUTS].tensor for signature, _ in methods}
    fetches = sorted(
        {
            signature.outputs[alias].tensor
            for signature, method_name in methods
            for alias in _fetched(signature, method_name)
        }
    )
    values = predictor.run(dict.fromkeys(sorted(inputs), batch), fetches, timeout)
    return dict(zip(fetches, values, strict=True))


def _check_output_count(signature: Signature, method_name: str) -> None:
    count = len(signature.outputs)
    if method_name == CLASSIFY and count not in (1, 2):
        raise errors.invalid_argument(f"Expected one or two output Tensors, found {count}")
    if method_name == REGRESS and count != 1:
        raise errors.invalid_argument("Expected one output Tensor.")


def _check_output_names(signature: Signature, method_name: str) -> None:
    if _fetched(signature, method_name):
        return
    if method_name == CLASSIFY:
        raise errors.invalid_argument(
            "Expected classification signature outputs to contain at least one of "
            f'"{_CLASSES}" or "{_SCORES}". Signature was: {signature.description}'
        )
    raise errors.invalid_argument(
        f"No regression outputs found in SignatureDef: {signature.description}"
    )


def _fetched(signature: Signature, method_name: str) -> list[str]:
    wanted = (_CLASSES, _SCORES) if method_name == CLASSIFY else (_OUTPUTS,)
    return [alias for alias in wanted if alias in signature.outputs]


def _read_classes(
    signature: Signature, tensors: Mapping[str, np.ndarray], batch_size: int
) -> Classes:
    arrays = {}
    for alias, type_name in ((_CLASSES, "DT_STRING"), (_SCORES, "DT_FLOAT")):
        if alias in signature.outputs:
            arrays[alias] = tensors[signature.outputs[alias].tensor]
            _check_classes(alias, arrays[alias], type_name, batch_size)
    sizes = [array.shape[1] for array in arrays.values()]
    if len(set(sizes)) > 1:
        raise errors.invalid_argument(
            f"Tensors class and score should match in dim_size(1). Got {sizes[0]} vs. {sizes[1]}"
        )
    return Classes(arrays.get(_CLASSES), arrays.get(_SCORES))


def _check_classes(alias: str, array: np.ndarray, type_name: str, batch_size: int) -> None:
    if array.ndim != 2:
        raise errors.invalid_argument(
            f"Expected Tensor shape: [batch_size num_classes] but got {_show_shape(array)}"
        )
    if _type_name(array) != type_name:
        raise errors.invalid_argument(
            f"Expected {alias} Tensor of {type_name}. Got: {_type_name(array)}"
        )
    if array.shape[0] != batch_size:
        raise errors.invalid_argument(
            f"Expected {alias} output batch size of {batch_size}. Got: {array.shape[0]}"
        )


def _read_values(
    signature: Signature, tensors: Mapping[str, np.ndarray], batch_size: int
) -> np.ndarray:
    array = tensors[signature.outputs[_OUTPUTS].tensor]
    if array.ndim != 1 and not (array.ndim == 2 and array.shape[1] == 1):
        raise errors.invalid_argument(
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] "
            f"but got {_show_shape(array)}"
        )
    if array.shape[0] != batch_size:
        raise errors.invalid_argument(
            f"Input batch size did not match output batch size: {batch_size} vs. {array.shape[0]}"
        )
    if array.dtype != np.float32:
        raise errors.invalid_argument(
            f"Expected output Tensor of DT_FLOAT.  Got: {_type_name(array)}"
        )
    return array.reshape(-1)


def _show_shape(array: np.ndarray) -> str:
    return "[" + ",".join(map(str, array.shape)) + "]"


def _type_name(array: np.ndarray) -> str:
    name = array.dtype.name
    return "DT_" + _TYPE_NAMES.get(name, name.upper())
