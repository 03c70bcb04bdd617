"""The doctor in a pipeline: what stops it, what does not, and what is left to read."""

import json
import pathlib

import pytest

from components.doctor import stage
from pipeline.commands import doctor
from tests.end_to_end import running

pytestmark = pytest.mark.tfx

YAML = """\
name: reviews
task: {kind: text_classification}
data: {source: {kind: csv, path: reviews.csv}, split: {train: 3, eval: 1, stratify: true}}
model: {kind: text_cnn, sequence_length: 8, embedding_dim: 5, filters: 3, kernel_sizes: [1, 2]}
training: {epochs: 2, batch_size: 16, learning_rate: 1.0e-9}
doctor: {stop_on: fail}
"""
"""A rate at which nothing is learned."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reviews")
    words = {"good": ["fine", "warm", "bright", "calm"], "bad": ["dull", "cold", "dark", "loud"]}
    rows = [
        f"a {first} {noun} and a {second} end {number},{label}"
        for number, noun in enumerate(["film", "book", "song", "play", "show"])
        for label, known in words.items()
        for first in known
        for second in known[:2]
    ]
    (folder / "reviews.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    (folder / "reviews.yaml").write_text(YAML, encoding="utf-8")
    return folder / "reviews.yaml"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def examined(project, workspace):
    """What `maru doctor` leaves, and its exit code."""
    code = doctor.run(project, (), workspace)
    (folder,) = (workspace / "runs/reviews/doctor").iterdir()
    return code, folder


def test_an_examination_names_the_fault_and_exits_with_2(examined):
    code, folder = examined
    found = {one.check: one for one in stage.read(folder).findings}
    assert code == 2
    assert found["learning_rate_range"].verdict == "fail"
    assert "training.learning_rate" in found["learning_rate_range"].fix
    assert found["class_balance"].verdict == "pass"
    assert (folder / "doctor.png").is_file()


def test_the_gate_stops_the_run_before_the_trainer(examined, project, workspace):
    stopped = running.run(project, workspace)
    assert stopped.code == 2
    # What `maru doctor` found holds here, too.
    assert stopped.outcomes["Doctor"] == "cached", stopped.reasons
    assert stopped.outcomes["Gate"] == "failed"
    assert "Trainer" not in stopped.outcomes
    assert "learning_rate_range (fail)" in stopped.shown
    assert "doctor: {stop_on: never}" in stopped.shown


def test_a_doctor_that_never_stops_tells_its_verdict_at_the_end(examined, project, workspace):
    finished = running.run(project, workspace, "doctor.stop_on=never")
    assert finished.code == 0, finished.shown
    assert "Gate" not in finished.outcomes
    checks = [one["check"] for one in finished.summary["findings"]]
    assert checks[-1] == "learning_curves"
    assert "learning_rate_range" in finished.shown
    report = pathlib.Path(finished.summary["doctor_reports"][0], stage.FINDINGS)
    assert json.loads(report.read_text("utf-8"))["verdict"] == "fail"
