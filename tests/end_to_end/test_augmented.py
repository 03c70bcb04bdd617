"""A pipeline with augmented texts: what is learned from, what is not touched, what is cached."""

import dataclasses
import pathlib

import pytest
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

from components import records
from pipeline.display import run_view
from tests.end_to_end import running

pytestmark = pytest.mark.tfx

YAML = """\
name: reviews
task: {kind: text_classification}
data: {source: {kind: csv, path: reviews.csv}, split: {train: 3, eval: 1, stratify: true}}
augmentation:
  - kind: eda
    synonyms: [{kind: thesaurus, path: ko.tsv}]
    synonym_replacement: {n_aug: 1}
    random_insertion: {n_aug: 0}
    random_swap: {n_aug: 2}
    random_deletion: {n_aug: 0}
copies: {balance: true}
model: {kind: text_cnn, sequence_length: 8, embedding_dim: 5, filters: 3, kernel_sizes: [1, 2]}
training: {epochs: 1, batch_size: 16, learning_rate: 1.0e-2}
"""
NO_AUGMENTATION = ("augmentation=[]", "copies={}")


@dataclasses.dataclass(frozen=True)
class Runs:
    """Runs in one workspace, one after another."""

    root: pathlib.Path
    """Folder of the pipeline."""
    plain: running.Finished
    """Without augmentation."""
    first: running.Finished
    again: running.Finished
    plain_again: running.Finished

    def folder(self, stage, output):
        (found,) = (self.root / "artifacts" / stage / output).iterdir()
        return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("augmented")
    lines = [f"정말 좋은 영화 번호 {i},good" for i in range(28)]
    lines += [f"지루하고 나쁜 영화 번호 {i},bad" for i in range(12)]
    (folder / "reviews.csv").write_text("\n".join(["text,label", *lines]), "utf-8")
    (folder / "ko.tsv").write_text("좋은\t훌륭한\n나쁜\t고약한\n", "utf-8")
    (folder / "reviews.yaml").write_text(YAML, "utf-8")
    path, workspace = folder / "reviews.yaml", folder / "workspace"
    return Runs(
        workspace / "runs" / "reviews",
        running.run(path, workspace, *NO_AUGMENTATION),
        running.run(path, workspace),
        running.run(path, workspace),
        running.run(path, workspace, *NO_AUGMENTATION),
    )


def test_the_stage_runs_where_it_is_asked_for_and_what_follows_learns_from_it(runs):
    assert "Augment" not in runs.plain.outcomes
    assert runs.first.code == 0, runs.first.shown
    absent = set(run_view.OPTIONAL) - {"Augment"}
    assert list(runs.first.outcomes) == [name for name in run_view.STAGES if name not in absent]
    ran = [stage for stage, outcome in runs.first.outcomes.items() if outcome == "ran"]
    assert ran == [
        *("Augment", "Transform", "Trainer", "Evaluator", "Canary", "Pusher", "ErrorAnalysis")
    ]
    assert "21 + 9" not in runs.first.reasons["Augment"]
    assert " train rows" in runs.first.reasons["Augment"]


def test_unchanged_and_removed_augmentation_come_from_cache(runs):
    kept = {name: o for name, o in runs.again.outcomes.items() if name != "Pusher"}
    assert set(kept.values()) == {"cached"}
    without = {name: o for name, o in runs.plain_again.outcomes.items() if o == "ran"}
    assert "Augment" not in runs.plain_again.outcomes
    # The served model is another one now, and what is compared with it is looked at again.
    assert set(without) <= {"Evaluator", "Canary", "Pusher"}


def test_the_eval_split_is_the_same_bytes(runs):
    ingested, augmented = runs.folder("Ingest", "examples"), runs.folder("Augment", "augmented")
    for one in sorted((ingested / "Split-eval").iterdir()):
        assert (augmented / "Split-eval" / one.name).read_bytes() == one.read_bytes()


def test_the_report_counts_what_the_examples_hold(runs):
    found = runs.first.summary["augmentation"]
    augmented = runs.folder("Augment", "augmented")
    rows = list(records.columns(str(augmented), "train", ("text", "label")))
    assert found["after"] == len(rows)
    for label, counts in found["labels"].items():
        assert counts["after"] == sum(row[1].decode() == label for row in rows)
    # Balanced: both labels are to reach four times the rows of the more frequent one.
    wanted = {c["before"] + c["wanted"] for c in found["labels"].values()}
    assert wanted == {4 * found["labels"]["good"]["before"]}
    assert any("훌륭한" in text.decode() for text, _ in rows)
    assert "train rows before and after augmentation" in runs.first.shown
    assert "eda.random_swap" in runs.first.shown
    report = pathlib.Path(runs.first.summary["augmentation_report"])
    assert "eda.synonym_replacement" in (report / "preview.html").read_text("utf-8")


def test_a_synonym_that_only_copies_hold_is_in_the_vocabulary(runs):
    graphs = (runs.root / "artifacts/Transform/transform_graph").iterdir()
    learned = [
        any("훌륭한".encode() in file.read_bytes() for file in graph.rglob("*") if file.is_file())
        for graph in sorted(graphs, key=lambda path: int(path.name))
    ]
    assert learned == [False, True]


def test_metadata_knows_what_the_trainer_learned_from(runs):
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(runs.root / "metadata.sqlite")
    store = metadata_store.MetadataStore(config)
    (augmented,) = store.get_artifacts_by_uri(str(runs.folder("Augment", "augmented")))
    events = store.get_events_by_artifact_ids([augmented.id])
    executions = store.get_executions_by_id([event.execution_id for event in events])
    assert {name.type.rpartition(".")[2] for name in executions} >= {"Trainer", "Transform"}
