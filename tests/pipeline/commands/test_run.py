"""Tests of pipeline/commands/run.py: what a failed run leaves behind, and what a check says."""

import io
import pathlib
import types
from collections import Counter

import pytest
from rich.console import Console

from components.ingest.review import summary
from pipeline.commands import check, run

CONFIG = """
name: broken
task: {kind: text_classification}
data: {source: {kind: csv, path: none.csv}}
model: {kind: text_cnn}
"""


@pytest.mark.parametrize(
    ("error", "code"), [(KeyError("a defect"), 1), (OSError(28, "No space left on device"), 2)]
)
def test_the_traceback_is_in_the_log_whoever_must_mend_it(tmp_path, monkeypatch, error, code):
    def fail(*_):
        raise error

    monkeypatch.setattr(run, "_run", fail)
    (tmp_path / "broken.yaml").write_text(CONFIG)
    (tmp_path / "none.csv").touch()
    assert run.run(tmp_path / "broken.yaml", [], tmp_path) == code
    (log,) = tmp_path.glob("runs/broken/log/*/log.txt")
    assert "Traceback" in log.read_text()
    assert type(error).__name__ in log.read_text()


@pytest.mark.parametrize("with_searches", [True, False])
def test_a_run_without_a_search_leaves_the_trials_of_killed_ones(tmp_path, with_searches):
    unfinished = tmp_path / "unfinished"
    for name in ("search-1", "training-2"):
        (unfinished / name).mkdir(parents=True)
        (unfinished / name / "state.json").write_text("{}")
    (unfinished / "prepare.lock").touch()
    run._clear(unfinished, with_searches=with_searches)
    left = [path.name for path in tmp_path.rglob("*") if path.is_dir()]
    assert left == ([] if with_searches else ["unfinished", "search-1"])


def test_leftovers_that_cannot_be_removed_do_not_fail_a_run_that_has_succeeded(
    tmp_path, monkeypatch
):
    def refuse(path, *args, **kwargs):
        raise PermissionError(path)

    (tmp_path / "training-2").mkdir()
    (tmp_path / "prepare.lock").touch()
    monkeypatch.setattr(pathlib.Path, "unlink", refuse)
    run._clear(tmp_path, with_searches=True)
    assert [path.name for path in tmp_path.iterdir()] == ["prepare.lock"]


def test_the_labels_with_the_most_rows_stand_for_very_many():
    train = Counter({f"label {number:03}": number for number in range(1, 90)})
    counts = summary.Summary({"train": train, "eval": Counter({"label 001": 7, "a\u200b": 99})})
    page = Console(file=io.StringIO(), width=100)
    page.print(check._counts(types.SimpleNamespace(counts=counts), "name"))
    rows = [line.split() for line in page.file.getvalue().splitlines()]
    assert ["label", "089", "89", "0"] in rows
    assert ["a\\u200b", "0", "99"] in rows
    assert ["...", "40", "more", str(sum(range(1, 41))), "7"] in rows
    assert ["all", str(sum(range(1, 90))), "106"] in rows


def test_a_check_says_which_image_formats_a_server_reads():
    formats = {("PNG", False): 1200, ("JPEG", False): 3, ("BMP", False): 1, ("BMP", True): 2}
    assert check._formats(types.SimpleNamespace(formats=formats)) == [
        "images read by a server as they are: 1 BMP, 3 JPEG, 1,200 PNG",
        "images refused by a server; `maru predict` converts them, as training does: 2 BMP",
    ]
    assert check._formats(types.SimpleNamespace(formats={})) == []
