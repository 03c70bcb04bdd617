"""What a model says it takes and gives, and names that are not among it."""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from serving.model import TensorSpec

# `tensorflow/core/framework/types.proto`, without references, resources and quantised types.
DTYPES = {
    1: "float", 2: "double", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string",
    8: "complex64", 9: "int64", 10: "bool", 14: "bfloat16", 17: "uint16", 18: "complex128",
    19: "half", 22: "uint32", 23: "uint64",
}  # fmt: skip
"""TensorFlow's names of the types by their number in a message."""


@dataclasses.dataclass(frozen=True)
class Signature:
    """One callable of a served model."""

    inputs: Mapping[str, TensorSpec]
    """Inputs by name."""
    outputs: Mapping[str, TensorSpec]
    """Outputs by name."""
    optional: frozenset[str] = frozenset()
    """Inputs that the model has a default for; REST wants them all the same."""

    def expects(self) -> str:
        """The inputs in words, for errors: `text: string (?,)`."""
        return ", ".join(f"{name}: {describe(spec)}" for name, spec in sorted(self.inputs.items()))


def describe(spec: TensorSpec) -> str:
    """A type and a shape in words, `?` where any size will do."""
    if spec.shape is None:
        return f"{spec.dtype} of any shape"
    sizes = ["?" if size < 0 else str(size) for size in spec.shape]
    return f"{spec.dtype} ({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Words for a name that is not known: what it was, what is close, what there is.

    Args:
        what: Start of the sentence, such as `Model 'm' has no signature`.
        name: The name.
        known: What it could have been.
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, 1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"{what} {name!r}.{hint} Known: {', '.join(names) or 'none'}."


def from_json(signature_defs: Mapping[str, Any]) -> dict[str, Signature]:
    """Read `SignatureDef`s as REST tells them.

    Args:
        signature_defs: By name, in JSON with the proto's field names.

    Raises:
        KeyError: If it is something else; so does TypeError, ValueError or AttributeError.
    """
    return {
        name: Signature(
            inputs={alias: _spec(info) for alias, info in signature.get("inputs", {}).items()},
            outputs={alias: _spec(info) for alias, info in signature.get("outputs", {}).items()},
            optional=frozenset(signature.get("defaults", {})),
        )
        for name, signature in signature_defs.items()
        if not name.startswith("__saved_model")  # The loader's own, which nobody may call.
    }


def from_messages(signature_defs: Mapping[str, Any]) -> dict[str, Signature]:
    """Read `SignatureDef` messages, by name, as gRPC tells them."""
    return {
        name: Signature(
            inputs={alias: _spec_of(info) for alias, info in signature.inputs.items()},
            outputs={alias: _spec_of(info) for alias, info in signature.outputs.items()},
            optional=frozenset(signature.defaults),
        )
        for name, signature in signature_defs.items()
        if not name.startswith("__saved_model")
    }


def _spec(info: Mapping[str, Any]) -> TensorSpec:
    dtype = info["dtype"].removeprefix("DT_").lower()
    shape = info.get("tensor_shape", {})
    if shape.get("unknown_rank"):
        return TensorSpec(dtype)
    return TensorSpec(dtype, tuple(int(dim["size"]) for dim in shape.get("dim", ())))


def _spec_of(info: Any) -> TensorSpec:
    dtype = DTYPES.get(info.dtype, f"type {info.dtype}")
    if info.tensor_shape.unknown_rank:
        return TensorSpec(dtype)
    return TensorSpec(dtype, tuple(dim.size for dim in info.tensor_shape.dim))
