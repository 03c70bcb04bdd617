"""Tests of pipeline/cli.py: what a person sees, and the exit codes a script sees."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

import pytest

from pipeline import cli
from pipeline.config import loading
from pipeline.scoring import rows
from serving import process

ROOT = pathlib.Path(__file__).parents[2]
ROWS = "text,label\n" + "".join(f"문장 {i},{'good' if i % 3 else '나쁨'}\n" for i in range(30))


@pytest.fixture
def reviews(tmp_path):
    (tmp_path / "reviews.csv").write_text(ROWS, encoding="utf-8")
    path = tmp_path / "reviews.yaml"
    path.write_text(
        "name: reviews\n"
        "task: {kind: text_classification}\n"
        "data: {source: {kind: csv, path: reviews.csv}, split: {train: 3, eval: 1}}\n"
        "model: {kind: text_cnn}\n"
    )
    return path


def test_help_imports_nothing_that_takes_time():
    program = (
        "import sys\n"
        "from pipeline import cli\n"
        "names = ('run', 'init', 'check', 'show', 'schema', 'serve', 'predict', 'runs', 'report')\n"
        "for command in ([], *([name] for name in names)):\n"
        "    try:\n"
        "        cli.cli([*command, '--help'])\n"
        "    except SystemExit as stopped:\n"
        "        assert stopped.code == 0\n"
        "heavy = {'tensorflow', 'tfx', 'keras', 'keras_hub', 'keras_tuner', 'numpy', 'pydantic',\n"
        "         'rich', 'yaml', 'apache_beam', 'grpc'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for verb in ("run", "init", "check", "show", "schema", "serve", "predict"):
        assert f"\n  {verb} " in done.stdout


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "show", "missing.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "1 problem in missing.yaml:\n  there is no such file.\n"


def test_show_prints_yaml_that_loads(maru, reviews, tmp_path):
    code, out, _ = maru("show", reviews, "--set", "training.epochs=3")
    assert code == 0
    (tmp_path / "again.yaml").write_text(out)
    assert loading.load(tmp_path / "again.yaml") == loading.load(reviews, ["training.epochs=3"])


def test_schema_prints_json(maru):
    code, out, _ = maru("schema")
    assert code == 0
    assert json.loads(out)["properties"].keys() >= {"name", "task", "data", "model"}
    code, out, _ = maru("schema", "prompt")
    assert code == 0
    assert json.loads(out)["properties"].keys() == {"name", "data", "model", "prompt"}


def test_a_wrong_config_is_exit_2_without_a_traceback(maru, reviews):
    code, out, err = maru("run", reviews, "--set", "model.filter=3", "--set", "training.epochs=x")
    assert (code, out) == (2, "")
    assert "2 problems in " in err
    assert "model.filter: unknown key. Did you mean 'filters'?" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rum", "a.yaml"], "No such command 'rum'"),
        (["predict", "mail", "text", "--force"], "are for --input"),
        (["predict", "mail", "--input", "a.csv", "--output", "b.csv", "--json"], "end in .jsonl"),
        (["predict", "mail", "--input", "a.csv"], "Give INPUTs, or --input with --output"),
        (["run"], "Missing argument 'CONFIG'"),
        (["serve", "--port", "http"], "'http' is not a valid integer"),
        (["serve", "--port", "70000"], "'--port': 70000 is not in the range 0<=x<=65535"),
        (["serve", "--rest-port", "-5"], "'--rest-port': -5 is not in the range 0<=x<=65535"),
    ],
)
def test_a_wrong_command_is_exit_2(maru, arguments, message):
    code, _, err = maru(*arguments)
    assert code == 2
    assert message in err


def test_show_lists_what_is_trained_in_comments(maru, reviews, tmp_path):
    small = "model={kind: text_cnn, vocabulary_size: 7, embedding_dim: 3, filters: 2}"
    code, out, _ = maru("show", reviews, "--layers", "--set", small, "--workspace", tmp_path / "w")
    assert code == 0
    (tmp_path / "reviews.yaml").write_text(out, encoding="utf-8")
    assert loading.load(tmp_path / "reviews.yaml").model.filters == 2
    rows = {line.split()[1]: line.split()[2:] for line in out.splitlines() if line.startswith("# ")}
    assert rows["embedding"] == ["21", "21", "1", "x"]
    assert "# `model.vocabulary_size: 7` is the most tokens there can be; " in out
    assert rows["total"][0] == rows["total"][1]


def test_show_says_what_is_counted_instead_of_trained(maru, reviews, tmp_path):
    counted = "model={kind: naive_bayes, vocabulary_size: 7, weighting: tf_idf}"
    code, out, _ = maru(
        "show", reviews, "--layers", "--set", counted, "--workspace", tmp_path / "w"
    )
    assert code == 0
    rows = {line.split()[1]: line.split()[2:] for line in out.splitlines() if line.startswith("# ")}
    assert rows["logits"][-1] == "counted"
    assert rows["idf"][1:] == ["0", "frozen"]


@pytest.mark.parametrize(
    ("task", "code", "message"),
    [
        ("{kind: text_regression}", 0, "# What is trained:\n"),
        ("{kind: text_multi_label}", 2, "counted during a run only. Received: task.kind=text_mul"),
    ],
)
def test_show_counts_labels_only_where_a_row_has_one(maru, tmp_path, task, code, message):
    rows = "".join(f"문장 {i},{i % 7},{i % 3}\n" for i in range(30))
    (tmp_path / "rows.csv").write_text("text,target,labels\n" + rows, encoding="utf-8")
    path = tmp_path / "rows.yaml"
    path.write_text(
        f"name: rows\ntask: {task}\n"
        "data: {source: {kind: csv, path: rows.csv}, split: {train: 3, eval: 1}}\n"
        "model: {kind: text_cnn, vocabulary_size: 7, embedding_dim: 3, filters: 2}\n"
    )
    received, out, err = maru("show", path, "--layers", "--workspace", tmp_path / "w")
    assert received == code
    assert message in out + err


def test_check_shows_rows_and_counts_without_training(maru, reviews, tmp_path):
    code, out, _ = maru("check", reviews, "--workspace", tmp_path / "workspace")
    assert code == 0
    assert "reviews: the first rows" in out
    assert "문장 0" in out
    words = [line.split() for line in out.splitlines()]
    (good,) = (line for line in words if line[:1] == ["good"])
    (bad,) = (line for line in words if line[:1] == ["나쁨"] and len(line) == 3)
    (total,) = (line for line in words if line[:1] == ["all"])
    assert (sum(map(int, good[1:])), sum(map(int, bad[1:]))) == (20, 10)
    assert int(total[1]) > int(total[2]) > 0
    assert "0 duplicates, 0 unusable rows" in out
    assert f"ready: maru run {reviews}" in out.replace("\n", "")


def test_check_says_why_data_cannot_be_used(maru, reviews, tmp_path):
    (tmp_path / "reviews.csv").write_text("text,label\na,one\nb,one\n,one\nc,one\n")
    code, out, _ = maru("check", reviews, "--workspace", tmp_path / "workspace")
    assert code == 2
    shown = " ".join(out.split())
    assert "1 unusable rows reviews.csv:4: `text` is empty" in shown
    assert "1 of 4 rows (25.0%) cannot be used, more than `data.max_quarantined`" in shown
    assert "ready" not in out


def test_check_names_a_missing_file(maru, reviews, tmp_path):
    (tmp_path / "reviews.csv").unlink()
    code, out, err = maru("check", reviews, "--workspace", tmp_path / "workspace")
    assert code == 2
    assert "reviews.csv" in err
    assert "Traceback" not in out + err


def test_predict_without_a_model_says_what_to_run(maru, tmp_path):
    code, out, err = maru("predict", "reviews", "좋아요", "--workspace", tmp_path)
    assert (code, out) == (2, "")
    assert f"No model 'reviews' was pushed to {tmp_path / 'served'}. Pushed models: none." in err
    assert "Train one with `maru run CONFIG`." in err


def test_serve_without_a_model_says_what_to_run(maru, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "skip_keras", lambda: None)  # It is for a process of its own.
    code, _, err = maru("serve", "--workspace", tmp_path, "--port", 0, "--rest-port", 0)
    assert code == 2
    assert str(tmp_path / "served") in err
    assert "name the right folder with --workspace." in err
    assert "Traceback" not in err


def test_serve_on_a_port_in_use_names_its_own_option(maru, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "skip_keras", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as used:
        taken = used.getsockname()[1]
        for ports in (("--port", 0, "--rest-port", taken), ("--rest-port", 0, "--port", taken)):
            code, _, err = maru("serve", "--workspace", tmp_path, *ports)
            assert code == 2
            assert f"127.0.0.1:{taken}: Address already in use" in err
            assert f"Choose another port with {ports[2]}." in err


def test_a_defect_keeps_its_traceback(monkeypatch, maru):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("pipeline.commands.show.show", broken)
    with pytest.raises(ZeroDivisionError):
        maru("show", "a.yaml")


def test_an_interrupted_command_is_exit_130(monkeypatch, maru):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.commands.show.show", interrupted)
    code, _, err = maru("show", "a.yaml")
    assert code == 130
    assert "continues where this run stopped" in err


def test_a_user_without_a_home_gets_a_folder_for_libraries(monkeypatch, maru):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # As for a user without an entry.
    code, _, _ = maru("schema")
    assert code == 0
    assert os.environ["HOME"] == tempfile.gettempdir()


def test_every_format_of_rows_may_be_named():
    (option,) = (one for one in cli.cli.commands["predict"].params if one.name == "format")
    assert tuple(option.type.choices) == rows.FORMATS
