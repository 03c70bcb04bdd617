"""From a CSV to answered requests: real runs of a tiny text pipeline in one workspace."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest
import sklearn.metrics

from components import records
from components.push import push
from pipeline import dag, paths
from pipeline.commands import predict
from pipeline.config import loading
from pipeline.display import run_view
from pipeline.runtime import lock
from serving.command import server
from serving.execution import saved_model
from tests.end_to_end import parity, running

pytestmark = pytest.mark.tfx

PHRASES = {
    "good": ["정말 좋은 영화", "great fun", "loved every minute of it and of its long second part"],
    "bad": ["지루하고 나쁜 영화", "dull", "I hated it"],
    "중립": ["그저 그렇다", "neither good nor bad"],
}
ROWS_OF = {"good": 30, "bad": 20, "중립": 12}
YAML = """\
name: reviews
task: {kind: text_classification, text: review, label: opinion}
data: {source: {kind: csv, path: reviews.csv}, split: {train: 3, eval: 1, stratify: true}}
model: {kind: text_cnn, sequence_length: 8, embedding_dim: 5, filters: 3, kernel_sizes: [1, 2]}
training: {epochs: 2, batch_size: 7, learning_rate: 1.0e-2}
evaluation: {slices: [text_length]}
"""
WITHOUT_TUNER = [stage for stage in run_view.STAGES if stage not in run_view.OPTIONAL]


def write_project(folder, rows):
    lines = ["review,opinion", *(f"{text},{label}" for text, label in rows)]
    (folder / "reviews.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "reviews.yaml").write_text(YAML, encoding="utf-8")
    return folder / "reviews.yaml"


def all_rows():
    for label, count in ROWS_OF.items():
        phrases = PHRASES[label]
        yield from ((f"{phrases[i % len(phrases)]} {i}", label) for i in range(count))


@dataclasses.dataclass(frozen=True)
class Runs:
    """Four runs, one after another."""

    workspace: pathlib.Path
    first: running.Finished
    again: running.Finished
    changed: running.Finished
    """With another learning rate."""
    refused: running.Finished
    """The first model again, with a threshold nobody reaches."""
    versions: list[int]
    """Pushed versions before the refusal."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    path, workspace = write_project(folder, all_rows()), folder / "workspace"
    first = running.run(path, workspace)
    again = running.run(path, workspace)
    changed = running.run(path, workspace, "training.learning_rate=0.02")
    versions = push.versions(paths.Paths(workspace, "reviews").served)
    refused = running.run(path, workspace, "evaluation.must_reach={cross_entropy: 0.0}")
    return Runs(workspace, first, again, changed, refused, versions)


@pytest.fixture(scope="module")
def served(runs):
    free = server.ServerConfig(port=0, rest_api_port=0, drain_seconds=5)
    folder = paths.Paths(runs.workspace, "").served_models
    running_server = server.Server(server.Sources(models_dir=folder), free)
    running_server.start()
    yield running_server
    running_server.stop()


def test_the_first_run_runs_every_stage_and_pushes(runs):
    assert runs.first.code == 0, runs.first.shown
    assert runs.first.outcomes == dict.fromkeys(WITHOUT_TUNER, "ran")
    assert list(runs.first.outcomes) == WITHOUT_TUNER
    assert runs.first.reasons["Trainer"] == "first run"
    version = runs.first.summary["version"]
    assert f"pushed as version {version}" in runs.first.reasons["Pusher"]
    assert f"served model: {runs.first.summary['model']}" in runs.first.shown
    assert "maru predict reviews" in runs.first.shown


def test_the_summary_counts_every_row(runs):
    rows = runs.first.summary["rows"]
    total = {label: sum(split.get(label, 0) for split in rows.values()) for label in ROWS_OF}
    assert total == ROWS_OF
    assert runs.first.summary["split"] == "eval"
    assert runs.first.summary["metrics"]["all"]["example_count"] == sum(rows["eval"].values())
    slices = {name: m for name, m in runs.first.summary["metrics"].items() if name != "all"}
    assert set(slices) == {"text_length: 1-7 words", "text_length: 8-31 words"}
    assert sum(m["example_count"] for m in slices.values()) == sum(rows["eval"].values())


def test_the_reported_metrics_are_those_of_the_served_model(runs):
    summary = runs.changed.summary
    (examples,) = (runs.workspace / "runs/reviews/artifacts/Ingest/examples").iterdir()
    rows = list(records.columns(str(examples), "eval", ("review", "opinion")))
    predictor = saved_model.SavedModelPredictor(pathlib.Path(summary["model"]))
    answer = predictor.predict("", {"text": np.array([text for text, _ in rows], object)})
    truth = [label.decode() for _, label in rows]
    order = [label.decode() for label in answer["labels"][0]]
    given = [order.index(label) for label in truth]
    chosen = answer["probabilities"][np.arange(len(given)), given]
    whole = summary["metrics"]["all"]
    answered = [label.decode() for label in answer["label"]]
    accuracy = sklearn.metrics.accuracy_score(truth, answered)
    macro_f1 = sklearn.metrics.f1_score(truth, answered, average="macro")
    assert whole["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert whole["macro_f1"] == pytest.approx(macro_f1, abs=1e-6)
    assert whole["cross_entropy"] == pytest.approx(-np.log(chosen).mean(), abs=1e-5)


def test_an_unchanged_second_run_only_looks_at_what_is_served(runs):
    assert runs.again.code == 0
    assert runs.again.outcomes == dict.fromkeys(WITHOUT_TUNER, "cached") | {"Pusher": "ran"}
    version = runs.first.summary["version"]
    assert f"version {version} already serves this model" in runs.again.reasons["Pusher"]
    # How long the stages took differs, as do their outcomes.
    assert runs.again.summary | {"stages": []} == runs.first.summary | {"stages": []}


def test_another_learning_rate_runs_the_trainer_and_what_follows(runs):
    assert runs.changed.code == 0
    ran = [stage for stage, outcome in runs.changed.outcomes.items() if outcome == "ran"]
    assert ran == ["Trainer", "Evaluator", "Canary", "Pusher", "ErrorAnalysis"]
    assert runs.changed.reasons["Trainer"] == "training.learning_rate: 0.01 -> 0.02"
    assert runs.versions == [runs.first.summary["version"], runs.changed.summary["version"]]


def test_a_threshold_that_is_not_met_refuses_the_model_and_pushes_nothing(runs):
    assert runs.refused.code == 3
    ran = [stage for stage, outcome in runs.refused.outcomes.items() if outcome == "ran"]
    assert ran == ["Evaluator", "Pusher"]
    assert "the thresholds changed" in runs.refused.reasons["Evaluator"]
    assert runs.refused.reasons["Pusher"].endswith("not pushed")
    loss = runs.first.summary["metrics"]["all"]["cross_entropy"]
    # One line: a threshold is for the whole split, not for each slice.
    assert runs.refused.summary["refusals"] == [f"cross_entropy is {loss:.4f}, may be at most 0"]
    assert runs.refused.summary["version"] is None
    assert "Refused, so nothing was pushed" in runs.refused.shown
    assert push.versions(paths.Paths(runs.workspace, "reviews").served) == runs.versions


def test_each_run_keeps_its_own_config_and_shows_no_noise_of_libraries(runs):
    for finished, rate in ((runs.first, 0.01), (runs.again, 0.01), (runs.changed, 0.02)):
        assert loading.load(finished.folder / "config.yaml").training.learning_rate == rate
        assert (finished.folder / "log.txt").is_file()
        assert "WARNING" not in finished.shown
    folders = {run.folder for run in (runs.first, runs.again, runs.changed, runs.refused)}
    assert len(folders) == 4


def test_the_export_gives_the_trainers_answers(runs):
    parity.assert_export_agrees(runs.first.summary)
    parity.assert_export_agrees(runs.changed.summary)


def test_the_server_gives_the_trainers_answers_over_rest_and_grpc(runs, served):
    parity.assert_server_agrees(served, runs.changed.summary)


def test_every_signature_is_compared(runs):
    answers = parity.trainers_answers(runs.changed.summary)
    assert answers.keys() >= {"serving_default", "serve_examples", "embed"}
    outputs = answers["serving_default"]["outputs"]
    count = len(answers["serving_default"]["inputs"]["text"])
    assert outputs["probabilities"].shape == outputs["labels"].shape == (count, 3)
    assert answers["embed"]["outputs"]["embedding"].shape == (count, 6)
    np.testing.assert_allclose(outputs["probabilities"].sum(axis=1), 1, atol=1e-5)


def test_a_person_gets_the_same_answer_with_and_without_a_server(runs, served):
    question = ["정말 좋은 영화"]
    address = f"127.0.0.1:{served.rest_port}"
    from_server = json.loads(
        predict.predict("reviews", question, address, runs.workspace, as_json=True)
    )
    where = paths.Paths(runs.workspace, "reviews")
    (from_disk,) = predict._from_disk(predict._Question("reviews", question), where)
    scores = dict(zip(from_disk["labels"], from_disk["probabilities"], strict=True))
    assert from_server["probabilities"] == pytest.approx(scores, abs=1e-6)
    assert from_server["label"] == max(scores, key=scores.get)


def test_nothing_unfinished_is_left_behind(runs):
    assert not paths.Paths(runs.workspace, "reviews").resumable.exists()


@pytest.mark.parametrize(
    ("rows", "overrides", "message"),
    [
        (all_rows, ["task.label=opinon"], "Did you mean 'opinion'?"),
        (lambda: [(f"text {i}", "same") for i in range(20)], [], "the same label, 'same'"),
        (
            lambda: [*all_rows(), *[("", "good")] * 5],
            [],
            "5 of 67 rows (7.5%) cannot be used, more than `data.max_quarantined` (1.0%) allows",
        ),
    ],
    ids=["missing column", "one class", "too many unusable rows"],
)
def test_data_that_cannot_be_used_is_exit_2_with_the_reason(tmp_path, rows, overrides, message):
    path = write_project(tmp_path, rows())
    finished = running.run(path, tmp_path / "workspace", *overrides)
    assert finished.code == 2
    assert message in " ".join(finished.shown.split())
    assert "Traceback" not in finished.shown
    assert finished.outcomes in ({}, {"Ingest": "failed"})


def test_a_defect_is_exit_1_and_its_traceback_is_in_the_log(tmp_path, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(dag, "build", broken)
    finished = running.run(write_project(tmp_path, all_rows()), tmp_path / "workspace")
    assert finished.code == 1
    assert "Unexpected: ZeroDivisionError: a defect" in finished.shown
    assert f"The traceback is in {finished.folder / 'log.txt'}" in finished.shown.replace("\n", "")


def test_a_second_run_at_the_same_time_is_refused(tmp_path):
    path = write_project(tmp_path, all_rows())
    workspace = tmp_path / "workspace"
    with (
        lock.hold(paths.Paths(workspace, "reviews").lock),
        pytest.raises(lock.Busy, match="Another run of this pipeline is in progress"),
    ):
        running.run(path, workspace)
