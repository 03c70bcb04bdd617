"""Tests of `maru augment-test`: real trainings of a tiny model, then all of them from cache."""

import dataclasses
import json
import os
import pathlib
import tempfile

import pytest

from pipeline import paths
from pipeline.commands import augment_test
from pipeline.comparison import augmentation_test

pytestmark = pytest.mark.tfx

YAML = """\
name: reviews
task: {kind: text_classification}
data: {source: {kind: sample, name: imdb_small}, split: {train: 2, eval: 1}}
augmentation:
  - kind: eda
    synonyms: []
    synonym_replacement: {n_aug: 0}
    random_insertion: {n_aug: 0}
    random_swap: {n_aug: 1}
    random_deletion: {n_aug: 0}
model: {kind: embedding_pooling, sequence_length: 7, embedding_dim: 3}
training: {epochs: 1, batch_size: 16}
"""


@dataclasses.dataclass(frozen=True)
class Finished:
    """A comparison that ended."""

    code: int
    shown: str


def compare(path, workspace, *, with_equal_steps):
    """Compare as the command does, with the terminal in a file."""
    with tempfile.TemporaryFile() as terminal:
        saved = os.dup(1)
        os.dup2(terminal.fileno(), 1)
        try:
            code = augment_test.run(
                path, 2, (), workspace, per_operation=False, with_equal_steps=with_equal_steps
            )
        finally:
            os.dup2(saved, 1)
            os.close(saved)
        terminal.seek(0)
        return Finished(code, terminal.read().decode())


@dataclasses.dataclass(frozen=True)
class Runs:
    """The same comparison twice; the first time its last training breaks after it was trained."""

    folder: pathlib.Path
    broken: Finished
    again: Finished


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparison")
    (folder / "reviews.yaml").write_text(YAML)
    words = folder / "reviews.yaml", folder / "workspace"

    def breaking(arm, config, run):
        if (arm, config.training.seed) == ("with", 1):
            raise ZeroDivisionError("a defect")
        return measure(arm, config, run)

    with pytest.MonkeyPatch.context() as patch:
        measure = augmentation_test._measure
        patch.setattr(augmentation_test, "_measure", breaking)
        broken = compare(*words, with_equal_steps=False)
    again = compare(*words, with_equal_steps=True)
    return Runs(folder / "workspace/runs/reviews/augment_test", broken, again)


def found(runs):
    return json.loads((runs.folder / "augment_test.json").read_text("utf-8"))


def test_a_training_that_fails_is_shown_and_the_others_go_on(runs):
    assert runs.broken.code == 1
    assert "with, seed 1 failed: Unexpected: ZeroDivisionError: a defect" in runs.broken.shown
    assert "with, seed 0: training 2 of 4" in runs.broken.shown
    assert "`with` is not told apart from without" in runs.broken.shown  # By one pair.


def test_finished_trainings_come_from_cache_and_longer_ones_are_added(runs):
    assert runs.again.code == 0, runs.again.shown
    parts = runs.again.shown.split("\n\n")
    ran = {part.split(":")[0] for part in parts if " ran " in part}
    assert ran == {"without, longer, seed 0", "without, longer, seed 1"}


def test_every_figure_is_there(runs):
    rows = {row["name"]: row for row in found(runs)["rows"]}
    assert list(rows) == ["without", "with", "without, longer"]
    assert rows["with"]["train_rows"] > 1.5 * rows["without"]["train_rows"]
    assert rows["without, longer"]["train_rows"] == rows["without"]["train_rows"]
    assert rows["without, longer"]["steps"] == 2 * rows["without"]["steps"]
    assert all(len(row["headlines"]) == 2 for row in rows.values())
    contrast = rows["with"]["contrast"]
    means = [sum(rows[name]["headlines"]) / 2 for name in ("with", "without")]
    assert contrast["mean"] == pytest.approx(means[0] - means[1])
    assert len({training["seed"] for training in found(runs)["trainings"]}) == 2


def test_the_plot_is_drawn_and_nothing_is_served_or_left_unfinished(runs):
    assert (runs.folder / "augment_test.png").is_file()
    where = paths.Paths(runs.folder.parents[2], "reviews/augment_test")
    assert where.root == runs.folder
    assert not where.served_models.exists()
    assert not where.resumable.exists()


def test_a_config_without_augmentation_is_refused(tmp_path):
    (tmp_path / "reviews.yaml").write_text(
        YAML.split("augmentation")[0] + YAML[YAML.index("model") :]
    )
    with pytest.raises(ValueError, match="has no `augmentation`"):
        compare(tmp_path / "reviews.yaml", tmp_path, with_equal_steps=False)
