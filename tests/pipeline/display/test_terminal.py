"""Tests of pipeline/display/terminal.py, in processes of their own: it replaces streams."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from pipeline.config import loading

YAML = """\
name: reviews
task: {kind: text_classification, label: 의견}
data: {source: {kind: csv, path: reviews.csv}, split: {train: 3, eval: 1}}
model: {kind: bag_of_words}
"""
ROWS = "text,의견\n" + "".join(f"문장 {i} 👍,{'good' if i % 3 else '나쁨'}\n" for i in range(30))
UTF8 = {"PYTHONIOENCODING": "utf-8"}
ROOT = pathlib.Path(__file__).parents[3]
MARU = [sys.executable, "-m", "pipeline"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("terminal")
    (folder / "reviews.csv").write_text(ROWS, encoding="utf-8")
    (folder / "reviews.yaml").write_text(YAML, encoding="utf-8")
    return folder


def run(folder, command, environment, stdout=subprocess.PIPE):
    path = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    return subprocess.run(
        command, cwd=folder, env=path | environment, stdout=stdout, stderr=-1, check=False
    )


def maru(folder, *arguments, **environment):
    return run(folder, [*MARU, *arguments], environment)


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1", "COLUMNS": "20", "TERM": "dumb"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "COLUMNS": "0"},
    ],
    ids=["ascii", "latin-1", "POSIX"],
)
def test_what_a_terminal_cannot_show_is_replaced(project, environment):
    done = maru(project, "check", "reviews.yaml", **environment)
    assert done.returncode == 0, done.stderr
    assert b"ready: maru run" in done.stdout
    assert b"?" in done.stdout
    assert done.stderr == b""


def test_a_printed_config_stays_whole_where_its_characters_cannot_be_shown(project):
    done = maru(project, "show", "reviews.yaml", PYTHONIOENCODING="latin-1")
    (project / "again.yaml").write_bytes(done.stdout)
    assert loading.load(project / "again.yaml").task.label == "의견"
    assert "의견" in maru(project, "show", "reviews.yaml", **UTF8).stdout.decode()


def test_a_reader_that_ends_does_not_end_the_command(project):
    reading, writing = os.pipe()
    os.close(reading)
    for command in (["check", "reviews.yaml"], ["schema"], ["--help"]):
        done = run(project, [*MARU, *command], UTF8, stdout=writing)
        assert (done.returncode, done.stderr) == (0, b"")
    os.close(writing)


def test_closed_streams_swallow_the_output(project):
    command = " ".join([*MARU, "check", "reviews.yaml", ">&-", "2>&-", "<&-"])
    done = run(project, ["sh", "-c", command], UTF8)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_schema_is_json_in_any_terminal(project):
    done = maru(project, "schema", PYTHONIOENCODING="ascii")
    assert "task" in json.loads(done.stdout)["properties"]
