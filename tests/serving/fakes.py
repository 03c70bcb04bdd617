"""A repository and a predictor without TensorFlow."""

import contextlib

import numpy as np

from serving import errors
from serving.model import Signature, TensorSpec, VersionStatus


class FakePredictor:
    """Doubles `x`; its signatures are there to be asked wrongly."""

    metadata_json = '{"signature_def": {}}'

    def __init__(self, version: int = 3):
        self.version = version
        self.is_closed = False
        x = {"x": TensorSpec("float", (-1,))}
        self.signatures = {
            "serving_default": Signature(x, {"y": TensorSpec("float", (-1,))}),
            "no_inputs": Signature({}, {"y": TensorSpec("float")}),
        }

    def predict(self, signature_name, inputs, output_filter=(), timeout=None):
        if np.any(inputs["x"] == 404):
            raise errors.ServingError("DEADLINE_EXCEEDED", "Timed out waiting for notification")
        if np.any(inputs["x"] == 500):
            raise ZeroDivisionError("a bug")
        return {"y": inputs["x"] * 2}

    def close(self):
        self.is_closed = True


class FakeRepository:
    """One model, `demo`, version 3."""

    def __init__(self):
        self.predictor = FakePredictor()
        self.ready = True
        self.leases = []

    def lease(self, spec):
        self.leases.append(spec)
        if spec.label:
            raise errors.invalid_argument(f"Unrecognized servable version label: {spec.label}")
        if spec.name != "demo":
            raise errors.not_found(f"Servable not found for request: Latest({spec.name})")
        return contextlib.nullcontext(self.predictor)

    def status(self, name, version=None):
        if name != "demo":
            raise errors.not_found(f"Could not find any versions of model {name}")
        failed = VersionStatus(4, "END", "NOT_FOUND", 'no "file"')
        return [failed, VersionStatus(3, "AVAILABLE")]

    def model_names(self):
        return ["demo"]

    def labels(self, name):
        return {"stable": 3}

    def is_ready(self):
        return self.ready
