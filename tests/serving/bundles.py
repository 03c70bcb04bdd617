"""What goes into bundles, small: sources to write, and models that are only described."""

import pathlib

import numpy as np

from serving.bundle.model import Batching, Bundled, Source
from serving.bundle.sweep import SettingMeasured, SizeMeasured, Sweep
from serving.execution.saved_model import SavedModelPredictor
from serving.export import description

BATCHING = Batching((1, 2, 4), 1000, 2, 8)
INPUTS = {
    "serving_default": {"text": np.array([b"one", "하나".encode(), b"three three"], object)},
    "embed": {"text": np.array([b"One", b"two", b"THREE"], object)},
    "add": {"a": np.ones((3, 2), np.float32), "b": np.zeros((3, 2), np.float32)},
}
"""Examples for the signatures of `exports.export_text_model`."""


def bundled(name="reviews", version=7, batching=BATCHING, **changes):
    values = {
        "size": 300_000_000,
        "requests": ({"text": "one"}, {"text": "하나"}),
        "outputs": (description.Output("label", "string"),),
        "throughput": 120.0,
        "p95_ms": 31.5,
        "load_seconds": 7.5,
        "warm_up_records": 9,
        "cores": 2,
    }
    return Bundled(name=name, version=version, batching=batching, **(values | changes))


def source(folder: pathlib.Path, name="reviews", version=7, inputs=INPUTS):
    """An export and what it answers to its examples, as a run leaves it."""
    predictor = SavedModelPredictor(folder, version)
    reference = {
        signature: {"inputs": arrays, "outputs": predictor.predict(signature, arrays)}
        for signature, arrays in inputs.items()
    }
    predictor.close()
    return Source(name, version, folder, reference)


def sweep(batching=BATCHING):
    """What a sweep says that was never run."""
    chosen = SettingMeasured(batching, 120.0, 20.0, 31.5, 40.0)
    sizes = (SizeMeasured(1, 10.0, 100.0),)
    return Sweep("2 cores, a CPU, no GPU", 2, 5, 1.0, sizes, (chosen,), chosen)
