"""Tests of pipeline/modules/error_analysis.py: how an export is asked."""

import pathlib

import numpy as np
import pytest

from pipeline.modules import error_analysis
from serving import errors
from serving.execution import saved_model


@pytest.fixture
def closed(monkeypatch):
    """Exports that were closed, of predictors that refuse the example `bad`."""
    found = []

    class Predictor:
        def __init__(self, export):
            self.export = export

        def predict(self, signature, inputs):
            if b"bad" in inputs["examples"]:
                raise errors.ServingError("INVALID_ARGUMENT", "bad example")
            return {"value": np.arange(len(inputs["examples"]), dtype=np.float32)}

        def close(self):
            found.append(self.export)

    monkeypatch.setattr(saved_model, "SavedModelPredictor", Predictor)
    return found


def test_each_example_has_its_answer_in_order(closed):
    answers = error_analysis._ask(pathlib.Path("export"), [b"good"] * 40)
    assert [one["value"].item() for one in answers] == [*range(32), *range(8)]
    assert closed == [pathlib.Path("export")]


def test_an_export_that_refuses_is_closed_all_the_same(closed):
    with pytest.raises(errors.ServingError):
        error_analysis._ask(pathlib.Path("export"), [b"good"] * 40 + [b"bad"])
    assert closed == [pathlib.Path("export")]
