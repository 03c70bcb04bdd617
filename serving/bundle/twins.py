"""A twin of an export that multiplies matrices in low precision, and how far its answers are off.

In every function of the graph the inputs of matrix products and convolutions
are cast to the low precision and their result back to float32; everything else,
normalisation, softmax, text and tables among it, stays as it is, as do the
names, the signatures and the stored weights. That is what makes such models
fast where the hardware multiplies in that type (tensor cores; AVX512-BF16 or AMX)
and slow where it does not, so the twin is measured, and it is no smaller.

The list of operations is the part of TensorFlow's own automatic mixed precision
whose float32 accumulation makes the rewrite safe without training again:
TensorFlow, `core/grappler/optimizers/auto_mixed_precision_lists.h`, the allow list.
"""

import dataclasses
import pathlib
import shutil
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import function_pb2, node_def_pb2
from tensorflow.core.protobuf import saved_model_pb2

from serving import ragged
from serving.bundle import sweep
from serving.bundle.model import Source
from serving.execution.saved_model import SavedModelPredictor
from serving.model import DEFAULT_SIGNATURE

SUFFIXES = {"bfloat16": "bf16", "float16": "fp16"}
"""End of a twin's name by its data type."""
# Operation -> name of its only output. All take their type from the attribute `T`.
_PRODUCTS = {"MatMul": "product", "BatchMatMulV2": "output", "Conv2D": "output"}
_FLOAT = tf.float32.as_datatype_enum


@dataclasses.dataclass(frozen=True)
class Twin:
    """A twin and its distance from the original."""

    source: Source
    """The twin, a model of its own."""
    dtype: str
    """What it multiplies in."""
    products: int
    """Operations that do."""
    difference: float
    """Largest absolute difference of a fraction over all signatures and examples."""
    agreement: float | None
    """Share of the other answers, such as labels, that are the same; None if there are none. What
    is the same for every example, such as a list of all labels, does not count."""
    original_ms: float
    """Median milliseconds of the float32 model, all examples in one batch."""
    twin_ms: float
    """The same of the twin."""


def make(source: Source, dtype: str, folder: pathlib.Path) -> Twin:
    """Write a twin and compare it with its original on the reference examples.

    Args:
        source: The float32 model.
        dtype: A key of `SUFFIXES`.
        folder: Where its version folder is made, `<folder>/<name>/<version>`.

    Raises:
        ValueError: If nothing in the model can be rewritten, or an answer is no longer a number.
        ServingError: If the twin does not load.
    """
    name = f"{source.name}_{SUFFIXES[dtype]}"
    version_folder = folder / name / str(source.version)
    shutil.copytree(source.folder, version_folder)
    # It is a checksum of the original graph, for those who look.
    (version_folder / "fingerprint.pb").unlink(missing_ok=True)
    products = _rewrite(version_folder / "saved_model.pb", dtype)
    if not products:
        raise ValueError(
            f"No {dtype} twin of {source.name}: none of its functions has a float32 "
            f"{', '.join(_PRODUCTS)}. Leave --dtype out for it."
        )
    twin = dataclasses.replace(source, name=name, folder=version_folder)
    difference, agreement = _compare(twin, dtype)
    return Twin(
        twin, dtype, products, difference, agreement, _milliseconds(source), _milliseconds(twin)
    )


def _rewrite(path: pathlib.Path, dtype: str) -> int:
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    low = tf.as_dtype(dtype).as_datatype_enum
    count = sum(
        _rewrite_function(function, low)
        for meta_graph in saved.meta_graphs
        for function in meta_graph.graph_def.library.function
    )
    path.write_bytes(saved.SerializeToString())
    return count


def _rewrite_function(function: function_pb2.FunctionDef, low: int) -> int:
    """Rewrite a function in place; in functions, tensors are named `node:output:index`."""
    products = [
        node for node in function.node_def if node.op in _PRODUCTS and node.attr["T"].type == _FLOAT
    ]
    renamed = {
        f"{node.name}:{_PRODUCTS[node.op]}:0": f"{node.name}/to_float32:y:0" for node in products
    }
    for node in function.node_def:
        for index, tensor in enumerate(node.input):
            node.input[index] = renamed.get(tensor, tensor)
    for key, tensor in function.ret.items():
        function.ret[key] = renamed.get(tensor, tensor)
    for node in products:
        _lower(function, node, low)
    return len(products)


def _lower(function: function_pb2.FunctionDef, node: node_def_pb2.NodeDef, low: int) -> None:
    tensors = [name for name in node.input if not name.startswith("^")]
    for index, tensor in enumerate(tensors):
        cast = f"{node.name}/to_low_{index}"
        _add_cast(function, cast, tensor, node.device, (_FLOAT, low))
        node.input[index] = f"{cast}:y:0"
    node.attr["T"].type = low
    product = f"{node.name}:{_PRODUCTS[node.op]}:0"
    _add_cast(function, f"{node.name}/to_float32", product, node.device, (low, _FLOAT))


def _add_cast(
    function: function_pb2.FunctionDef,
    name: str,
    tensor: str,
    device: str,
    types: tuple[int, int],
) -> None:
    node = function.node_def.add(name=name, op="Cast", input=[tensor], device=device)
    node.attr["SrcT"].type, node.attr["DstT"].type = types


def _compare(twin: Source, dtype: str) -> tuple[float, float | None]:
    """Largest difference of the fractions, and share of the other answers that are equal."""
    largest, equal, compared = 0.0, 0, 0
    predictor = SavedModelPredictor(twin.folder, twin.version)
    try:
        for signature, kinds in twin.reference.items():
            expected = ragged.rows(kinds["outputs"])
            received = ragged.rows(predictor.predict(signature, kinds["inputs"]))
            for alias in expected[0]:
                pairs = [
                    (want[alias], got[alias]) for want, got in zip(expected, received, strict=True)
                ]
                if np.asarray(pairs[0][0]).dtype.kind == "f":
                    largest = max(largest, *(_difference(*pair) for pair in pairs))
                elif not all(np.array_equal(pairs[0][0], want) for want, _ in pairs):
                    equal += sum(np.array_equal(*pair) for pair in pairs)
                    compared += len(pairs)
    finally:
        predictor.close()
    if not np.isfinite(largest):
        raise ValueError(
            f"No {dtype} twin: {twin.name} answers with values that are not finite. Its numbers "
            "leave the range of the type; try bfloat16, which has float32's."
        )
    return largest, equal / compared if compared else None


def _difference(expected: np.ndarray, answer: np.ndarray) -> float:
    """The largest one; where ragged answers have other lengths, of what both have."""
    first, second = (one.astype(np.float64) for one in ragged.common(expected, answer))
    return float(np.nan_to_num(np.abs(second - first), nan=np.inf).max(initial=0.0))


def _milliseconds(source: Source) -> float:
    inputs: Mapping[str, np.ndarray] = source.reference[DEFAULT_SIGNATURE]["inputs"]
    predictor = SavedModelPredictor(source.folder, source.version)
    try:
        return round(sweep.median_seconds(lambda: predictor.predict("", inputs), 0.5) * 1000, 3)
    finally:
        predictor.close()
