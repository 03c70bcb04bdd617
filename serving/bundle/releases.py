"""What the released TensorFlow Serving images lack that the pinned TensorFlow can export.

Made by comparing the operation lists (`TF_GetAllOpList`) of the wheels of
TensorFlow 2.19.1, 2.20.0 and 2.21.0 and of TensorFlow Text 2.12.1, 2.20.0 and
2.21.1, and the graph versions in `tensorflow/core/public/version.h`. Which
TensorFlow Text a release links: TensorFlow Serving, `tensorflow_serving/workspace.bzl`
of its tag; which of its operations: TensorFlow Text, `tensorflow_text/BUILD`, `ops_lib`.
"""

import dataclasses
from collections.abc import Mapping

COMPARED_WITH = "2.21."
"""How the version of the TensorFlow begins whose operations the tables start from."""

_SPARSECORES = frozenset({"num_sparsecores_per_device"})
_OPTIMIZERS = ("Adagrad", "AdagradMomentum", "Adam", "Ftrl", "Sgd")


@dataclasses.dataclass(frozen=True)
class Release:
    """One released TensorFlow Serving."""

    tag: str
    """Tag of the image `tensorflow/serving`; with `-gpu` behind it, of the one for GPUs."""
    text: str
    """Version of TensorFlow Text inside."""
    graph_version: int
    """Newest GraphDef version it knows, `TF_GRAPH_DEF_VERSION`."""
    missing: frozenset[str]
    """Operations of the pinned TensorFlow and TensorFlow Text that it does not have."""
    newer_attributes: Mapping[str, frozenset[str]]
    """Attributes it does not know, by operation; harmless where the export left them out."""
    newer_types: Mapping[tuple[str, str], frozenset[int]]
    """Numbers of the data types it does not take, by operation and attribute."""


RELEASES: Mapping[str, Release] = {
    "2.19": Release(
        tag="2.19.1",
        text="2.12.1",
        graph_version=2129,
        missing=frozenset(
            {
                "DecodeJxl",
                "DecodeWebP",
                "TFText>RoundRobinGenerateMasks",
                "TFText>RoundRobinTrim",
                "TFText>Utf8Binarize",
                "TPUDummyInput",
                "XlaSparseActivationsUnstack",
                "XlaSparseDenseMatmulCustomCombinerOnTcWithCsrInput",
                "XlaSparseGradientsStack",
            }
            | {
                f"XlaSparseDenseMatmulCustomCombinerOnTcGradWith{name}CsrInput"
                for name in ("", *(f"{optimizer}And" for optimizer in _OPTIMIZERS))
            }
        ),
        newer_attributes={
            "TPUReplicateMetadata": frozenset({"use_shardy_partitioner"}),
            "TensorListGetItem": frozenset({"Tshape"}),
            "XlaCallModule": frozenset({"use_shardy_partitioner"}),
            "XlaSparseDenseMatmulGradWithCsrInput": frozenset({"T", "num_sparsecores_per_device"}),
            "XlaSparseDenseMatmulWithCsrInput": frozenset({"T", "num_sparsecores_per_device"}),
            "XlaSparseDenseMatmulWithStaticBufferSize": _SPARSECORES,
            "_TPUReplicate": frozenset({"use_shardy_partitioner"}),
        }
        | {
            f"XlaSparseDenseMatmulGradWith{name}And{kind}": frozenset(
                {"num_sparsecores_per_device"}
            )
            for name in _OPTIMIZERS
            for kind in ("CsrInput", "StaticBufferSize")
        },
        newer_types={
            ("Range", "Tidx"): frozenset({23}),  # DT_UINT64
            ("UniformDequantize", "Tin"): frozenset({12}),  # DT_QUINT8
            ("UniformQuantize", "Tout"): frozenset({12}),
        },
    ),
    "2.20": Release(
        tag="2.20.0",
        text="2.20.0",
        graph_version=2288,
        missing=frozenset({"DecodeJxl"}),
        newer_attributes={"TensorListGetItem": frozenset({"Tshape"})},
        newer_types={},
    ),
}
"""Oldest first; a new release is a new entry, and `COMPARED_WITH` moves with the pin."""
