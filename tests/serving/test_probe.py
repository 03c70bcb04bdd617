"""Tests of serving/probe.py with a real export."""

import json
import shutil

import click.testing
import numpy as np
import pytest

from serving import probe
from serving.execution import saved_model
from serving.export import reference

TEXTS = np.array([b"", b"a\x00b", "긴 문장".encode() * 9], object)
PAIR = {"a": np.ones((4, 2), "float32"), "b": np.zeros((4, 2), "float32")}
INPUTS = {"serving_default": {"text": TEXTS}, "embed": {"text": TEXTS}, "add": PAIR}


@pytest.fixture(scope="module")
def answers(exported):
    predictor = saved_model.SavedModelPredictor(exported)
    recorded = {
        name: {"inputs": inputs, "outputs": predictor.predict(name, inputs)}
        for name, inputs in INPUTS.items()
    }
    predictor.close()
    return recorded


@pytest.fixture
def expected(answers):
    """A copy of the true answers that a test may spoil."""
    return {
        name: {kind: {k: v.copy() for k, v in arrays.items()} for kind, arrays in kinds.items()}
        for name, kinds in answers.items()
    }


@pytest.fixture
def run(tmp_path, monkeypatch, exported):
    monkeypatch.setattr(probe, "_CALLS", 3)

    def probe_export(expected, model_dir=exported):
        reference.save(tmp_path / "reference.npz", expected)
        arguments = [str(model_dir), str(tmp_path / "reference.npz"), str(tmp_path / "report.json")]
        result = click.testing.CliRunner().invoke(probe.main, arguments)
        return result.exit_code, json.loads((tmp_path / "report.json").read_text())

    return probe_export


def test_a_faithful_export_passes_and_is_measured(run, expected):
    code, report = run(expected)
    assert (code, report["problems"]) == (0, [])
    assert report["load_seconds"] > 0
    assert report["memory_mib"] > 1
    assert report["signatures"].keys() == INPUTS.keys()
    findings = report["signatures"]["serving_default"]
    assert (findings["max_abs_difference"], findings["labels_equal"]) == (0.0, True)
    assert findings["batch"] == 3
    assert 0 < findings["p50_ms"] <= findings["p95_ms"]
    assert 0 < findings["batch_p50_ms"] <= findings["batch_p95_ms"]


def test_another_number_is_shown_beside_the_expected_one(run, expected):
    expected["embed"]["outputs"]["embedding"][2, 1] += 0.25
    code, report = run(expected)
    assert code == 1
    assert report["signatures"]["embed"]["max_abs_difference"] == pytest.approx(0.25, abs=1e-5)
    [problem] = report["problems"]
    scale = np.abs(expected["embed"]["outputs"]["embedding"]).max()
    assert problem.startswith(
        "Signature embed, output embedding: 1 of 6 numbers differ by more than "
        f"{64 * 2**-23 * scale:.2g}, which rounding explains of an output that reaches "
        f"{scale:.3g}; most at [2, 1], expected "
    )
    assert problem.endswith("train another `model.kind` meanwhile.")


@pytest.mark.parametrize(("units", "code"), [(30, 0), (200, 1)])
def test_what_counts_is_the_difference_in_units_of_the_largest_number(run, expected, units, code):
    embedding = expected["embed"]["outputs"]["embedding"]
    # A small number beside large ones is as uncertain as they are.
    embedding[0, 0] += units * 2**-23 * np.abs(embedding).max()
    assert run(expected)[0] == code


def test_a_model_that_rounding_moves_far_is_allowed_more_and_remarked_on(run, expected):
    embedding = expected["embed"]["outputs"]["embedding"]
    embedding[0, 0] += 0.02 * np.abs(embedding).max()
    assert run(expected)[0] == 1
    expected["embed"]["rounding"] = {"embedding": np.array(1e-3 * np.abs(embedding).max())}
    code, report = run(expected)
    assert code == 0
    [remark] = [line for line in report["remarks"] if "rounding alone may move it" in line]
    assert remark.startswith("Signature embed, output embedding")


@pytest.mark.parametrize(("second", "code"), [(0.5, 0), (0.499, 1)])
def test_a_label_may_differ_where_two_are_equally_likely(second, code):
    outputs = {
        "label": np.array([b"cat", b"dog"], object),
        "probabilities": np.array([[0.5, second], [0.1, 0.9]], np.float32),
    }
    given = outputs | {"label": np.array([b"dog", b"dog"], object)}
    _, problems = probe._compare("serving_default", outputs, given, {"probabilities": 1e-5})
    assert len(problems) == code
    given = outputs | {"label": np.array([b"cat", b"cat"], object)}
    assert probe._compare("serving_default", outputs, given, {"probabilities": 1e-5})[1]


def test_whole_numbers_are_compared_exactly():
    assert probe._tolerance(np.array([10**9]), 0.0) == 0.0
    half = probe._tolerance(np.array([8.0], np.float16), 0.0)
    assert half == 64 * 2**-10 * 8


def test_not_a_number_is_no_match_for_a_number(run, expected):
    expected["embed"]["outputs"]["embedding"][0, 0] = np.nan
    code, report = run(expected)
    assert (code, report["signatures"]["embed"]["max_abs_difference"]) == (1, None)
    assert "expected nan" in report["problems"][0]


def test_another_label_is_shown_beside_the_expected_one(run, expected):
    expected["serving_default"]["outputs"]["label"][1] = b"other"
    code, report = run(expected)
    assert (code, report["signatures"]["serving_default"]["labels_equal"]) == (1, False)
    assert "1 of 3 strings differ; at [1] expected 'other', received '" in report["problems"][0]


def test_missing_and_extra_signatures_and_outputs_are_named(run, expected):
    expected["explain"] = expected.pop("add")
    expected["embed"]["outputs"]["norm"] = expected["embed"]["outputs"].pop("embedding")
    code, report = run(expected)
    assert code == 1
    assert report["problems"] == [
        "The export lacks the signature explain.",
        "The export has one signature too many: add.",
        "Signature embed lacks the output norm.",
        "Signature embed has one output too many: embedding.",
    ]


def test_another_shape_or_type_is_named(run, expected):
    sums = expected["add"]["outputs"]
    sums["sum"] = sums["sum"].astype("float64")
    assert run(expected)[1]["problems"] == [
        "Signature add, output sum: expected float64 of shape (4, 2), "
        "received float32 of shape (4, 2)."
    ]


def test_refused_examples_are_reported_with_the_reason(run, expected):
    expected["add"]["inputs"]["b"] = np.zeros((3, 2), "float32")
    code, report = run(expected)
    assert code == 1
    assert report["problems"][0].startswith("Signature add refused the examples: ")


def test_an_export_that_does_not_load_is_reported(run, expected, exported, tmp_path):
    broken = shutil.copytree(exported, tmp_path / "broken")
    shutil.rmtree(broken / "variables")
    code, report = run(expected, broken)
    assert (code, report["load_seconds"]) == (1, None)
    assert report["problems"][0].startswith("The export does not load: ")
