"""Tests of `maru ladder`: real runs of tiny rungs in one workspace."""

import dataclasses
import json
import os
import pathlib
import tempfile

import pytest

from models import zoo
from pipeline import paths
from pipeline.commands import ladder
from pipeline.config import loading

pytestmark = pytest.mark.tfx

YAML = """\
name: {name}
task: {{kind: text_classification}}
data: {{source: {{kind: sample, name: imdb_small}}, split: {{train: 2, eval: 1}}}}
model: {model}
training: {{epochs: 1, batch_size: 16}}
"""
TINY = {
    "reviews": "{kind: text_cnn, sequence_length: 7, embedding_dim: 5, filters: 3, "
    "kernel_sizes: [2]}",
    "pooled": "{kind: embedding_pooling, sequence_length: 11, embedding_dim: 3}",
}


@dataclasses.dataclass(frozen=True)
class Finished:
    """A ladder that ended."""

    code: int
    shown: str


def climb_ladder(path, workspace, *words):
    """Run a ladder as the command does, with the terminal in a file."""
    with tempfile.TemporaryFile() as terminal:
        saved = os.dup(1)
        os.dup2(terminal.fileno(), 1)
        try:
            code = ladder.run(path, words, (), workspace)
        finally:
            os.dup2(saved, 1)
            os.close(saved)
        terminal.seek(0)
        return Finished(code, terminal.read().decode())


@dataclasses.dataclass(frozen=True)
class Runs:
    """The same ladder twice; the first time one rung breaks after it was trained."""

    folder: pathlib.Path
    """Of the ladder."""
    broken: Finished
    again: Finished


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ladder")
    for name, model in TINY.items():
        (folder / f"{name}.yaml").write_text(YAML.format(name=name, model=model))
    words = folder / "reviews.yaml", folder / "workspace", "reviews", str(folder / "pooled.yaml")

    def broken(*_):
        raise ZeroDivisionError("a defect")

    with pytest.MonkeyPatch.context() as patch:
        built = zoo.MODELS["embedding_pooling"]
        patch.setitem(zoo.MODELS, "embedding_pooling", dataclasses.replace(built, build=broken))
        first = climb_ladder(*words)
    return Runs(folder / "workspace/runs/reviews/ladder", first, climb_ladder(*words))


def rows(runs):
    data = json.loads((runs.folder / "ladder.json").read_text("utf-8"))
    return {row["name"]: row for row in data["rows"]}


def test_a_rung_that_fails_is_shown_and_the_others_go_on(runs):
    assert runs.broken.code == 1
    assert "pooled failed: Unexpected: ZeroDivisionError: a defect" in runs.broken.shown
    assert "reviews on 29 eval examples" in runs.broken.shown


def test_the_second_run_takes_finished_rungs_from_the_cache_and_adds_the_missing(runs):
    assert runs.again.code == 0, runs.again.shown
    first, second = runs.again.shown.split("\npooled\n")
    assert " ran " not in first
    outcomes = {line.split()[1]: line.split()[4] for line in second.splitlines() if line[:1] == "✓"}
    assert (outcomes["Ingest"], outcomes["Transform"], outcomes["Canary"]) == (
        "cached",
        "cached",
        "ran",
    )


def test_every_figure_is_there(runs):
    found = rows(runs)
    assert list(found) == [
        "most frequent label",
        "TF-IDF + logistic regression",
        "reviews",
        "pooled",
    ]
    # A window of two words of five numbers at each of seven places, three filters; two labels.
    assert found["reviews"]["macs"] == 7 * 2 * 5 * 3 + 3 * 2
    assert found["pooled"]["macs"] == 3 * 2
    for name in TINY:
        row = found[name]
        assert row["seconds"] > 0 and row["latency_ms"] > 0 and row["batch_latency_ms"] > 0
        assert row["batch"] == 29
        assert row["parameters"] == row["trainable"] > 100
        low, high = row["interval"]
        assert low < row["figures"]["accuracy"] < high
    assert sum(row["is_best"] for row in found.values()) == 1


def test_each_rung_leaves_a_yaml_that_can_be_run(runs):
    read = loading.load(runs.folder / "rungs" / "reviews_pooled.yaml")
    assert (read.name, read.model.embedding_dim) == ("reviews_pooled", 3)


def test_nothing_is_served_and_nothing_unfinished_is_left(runs):
    where = paths.Paths(runs.folder.parents[2], "reviews/ladder")
    assert where.root == runs.folder
    assert not where.served_models.exists()
    assert not where.resumable.exists()
    assert (runs.folder / "ladder.png").is_file() and (runs.folder / "ladder.md").is_file()


def test_data_that_cannot_be_read_stops_the_ladder_at_once(tmp_path):
    text = YAML.format(name="reviews", model=TINY["reviews"])
    source = "{kind: csv, path: none.csv}"
    (tmp_path / "none.csv").write_text("neither,column\nis,there\n")
    text = text.replace("{kind: sample, name: imdb_small}", source)
    (tmp_path / "reviews.yaml").write_text(text)
    finished = climb_ladder(tmp_path / "reviews.yaml", tmp_path / "workspace", "reviews", "bow")
    assert finished.code == 2
    assert "none.csv" in finished.shown
    assert "bow" not in finished.shown


def test_a_ladder_without_rungs_is_refused(tmp_path):
    (tmp_path / "reviews.yaml").write_text(YAML.format(name="reviews", model=TINY["reviews"]))
    with pytest.raises(ValueError, match="--models names no rung"):
        climb_ladder(tmp_path / "reviews.yaml", tmp_path, " ")
