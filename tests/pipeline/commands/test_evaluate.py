"""Tests of pipeline/commands/evaluate.py with a fake model: what is told, written and returned."""

import json

import pytest

from pipeline import pushed_models
from pipeline.scoring import asking
from serving.export import description

ROWS = [
    ("a good one", "1"),
    ("a bad one", "0"),
    ("a good mistake", "0"),
    ("never seen", "five"),
    ("a bad 사과", "0"),
]


@pytest.fixture
def table(tmp_path):
    def call(rows=ROWS, name="new.csv"):
        path = tmp_path / name
        text = "review,stars\n" + "".join(f"{review},{stars}\n" for review, stars in rows)
        path.write_text(text, "cp949")  # As the training data.
        return path

    return call


@pytest.fixture
def evaluate(maru, tmp_path, fake_model, monkeypatch):
    """The command about a run that is left; exit code, output, errors and `evaluation.json`."""
    monkeypatch.setattr(asking, "from_disk", lambda pushed, name: fake_model)

    def call(data, *options):
        out = tmp_path / "out"
        settings = ["--workspace", tmp_path / "workspace", "--output", out]
        code, shown, failure = maru("evaluate", "mail", data, *settings, *options)
        path = out / "evaluation.json"
        return code, shown, failure, json.loads(path.read_text("utf-8")) if path.is_file() else None

    return call


def test_figures_with_interval_slices_and_what_its_run_reached_are_shown(
    evaluate, leave_run, table
):
    leave_run()
    code, shown, _, _ = evaluate(table())
    assert code == 0
    assert "mail, version 7, on 5 new rows" in shown
    lines = [line.split() for line in shown.splitlines()]
    assert ["the", "new", "rows", "0.600", "0.444", "3.673"] in lines
    assert ["its", "run's", "eval", "rows", "0.900", "0.900", "0.300"] in lines
    assert "95 % interval of the accuracy: 0.231 to 0.882" in shown
    assert "text_length: 1-7 words" in shown


def test_a_model_that_does_not_say_what_it_is_for_is_refused(evaluate, leave_run, table, tmp_path):
    leave_run()
    (tmp_path / "workspace/served/mail/7" / description.FILE).unlink()
    code, _, failure, _ = evaluate(table())
    assert code == 2
    assert "does not say what it is for: it has no assets.extra/task.json" in failure


def test_page_and_file_say_the_same(evaluate, leave_run, table, tmp_path):
    leave_run()
    _, _, _, found = evaluate(table())
    page = (tmp_path / "out" / "evaluation.html").read_text("utf-8")
    assert found["metrics"]["all"]["accuracy"] == 0.6
    assert "accuracy 0.600 (95 % interval 0.231 to 0.882) on 5 new examples" in page
    assert "a good mistake" in page and "never seen" in page
    assert [one["target"] for one in found["analysis"]["mistakes"]] == ["five", "0"]
    assert "Confusion" in page and "Calibration" in page
    assert {one["check"] for one in found["findings"]} == {
        "leakage",
        "drift",
        "covariate_shift",
    }


def test_a_label_that_the_model_never_saw_is_told(evaluate, leave_run, table):
    leave_run()
    _, shown, _, found = evaluate(table())
    assert "1 of 5 rows have labels that the model never saw" in shown and "'five' (1)" in shown
    assert found["unknown"] == {"five": 1}


def test_labels_of_which_it_knows_none_ask_for_the_column(evaluate, leave_run, table):
    leave_run()
    _, shown, _, _ = evaluate(table([("a", "x"), ("b", "y")]))
    assert "It knows '0', '1' only. Does `task.label` ('stars') name the right column?" in shown


@pytest.mark.parametrize(
    ("demand", "code", "words"),
    [
        ("0.6", 0, "reaches on these rows what it must: accuracy at least 0.6"),
        ("0.61", 3, "accuracy is 0.6000, must reach 0.61"),
    ],
)
def test_the_exit_code_says_whether_it_reaches_what_it_must(
    evaluate, leave_run, table, demand, code, words
):
    leave_run()
    found, shown, _, result = evaluate(table(), "--set", f"evaluation.must_reach.accuracy={demand}")
    assert (found, bool(result["refusals"])) == (code, code == 3)
    assert words in shown


def test_unusable_rows_are_listed_with_their_reason_and_too_many_are_no_success(
    evaluate, leave_run, table, tmp_path
):
    leave_run()
    code, shown, _, found = evaluate(table([*ROWS, (" ", "1"), ("unheard", "1")]))
    assert code == 2 and found["rejected"] == 2
    assert "2 of 7 rows (28.6%) cannot be used" in shown
    assert "--set data.max_quarantined=0.29" in shown
    lines = (tmp_path / "out" / "quarantine.jsonl").read_text("utf-8").splitlines()
    assert [(one["where"], one["reason"]) for one in map(json.loads, lines)] == [
        ("new.csv:7", "`review` is empty"),
        ("new.csv:8", "the model refuses it: never heard of it"),
    ]
    allowed = evaluate(table([*ROWS, (" ", "1")]), "--set", "data.max_quarantined=0.29")
    assert allowed[0] == 0 and "1 row left out" in allowed[1]


def test_no_usable_row_is_an_error_that_says_why(evaluate, leave_run, table):
    leave_run()
    code, _, failure, found = evaluate(table([(" ", "1"), ("", "0")]))
    assert code == 2 and found is None
    assert "None of the rows can be used: 2 are left out, such as new.csv:2" in failure


def test_a_column_that_is_missing_is_named_with_the_option(evaluate, leave_run, table):
    leave_run()
    code, _, failure, _ = evaluate(table(), "--set", "task.label=mark")
    assert code == 2
    assert "no column 'mark'" in failure and "--set task.label=COLUMN" in failure


def test_columns_may_have_other_names_than_in_the_training_data(evaluate, leave_run, tmp_path):
    leave_run()
    path = tmp_path / "new.csv"
    path.write_text("text,mark\na good one,1\na bad one,0\n")
    code, _, _, found = evaluate(path, "--set", "task.text=text", "--set", "task.label=mark")
    assert code == 0 and found["metrics"]["all"]["accuracy"] == 1


def test_rows_that_the_model_was_trained_on_are_told(evaluate, leave_run, table):
    leave_run()
    _, shown, _, _ = evaluate(table([(f"train text {i} bad", "0") for i in range(0, 20, 2)]))
    assert "100.0% of the new rows exactly (10 rows)" in shown
    assert "better than on new rows" in shown


def test_a_threshold_that_is_reached_on_training_rows_gets_no_green_verdict(
    evaluate, leave_run, table, tmp_path
):
    leave_run()
    rows = table([(f"train text {i} bad", "0") for i in range(0, 20, 2)])
    evaluate(rows, "--set", "evaluation.must_reach.accuracy=0.5")
    page = (tmp_path / "out" / "evaluation.html").read_text("utf-8")
    verdict = page[page.index('class="verdict') :][:600]
    assert 'class="verdict neutral"' in verdict and "better than on new rows" in verdict


def test_a_run_that_is_gone_is_told(evaluate, leave_run, table, monkeypatch, tmp_path):
    run = leave_run()
    (run.folder / "summary.json").unlink()
    code, _, failure, _ = evaluate(table())
    assert code == 2 and "The run that pushed version 7 of 'mail' is not in" in failure


def test_training_data_that_is_gone_is_told(evaluate, leave_run, table, pipeline_folders):
    leave_run()
    split = pipeline_folders.artifacts / "Ingest" / "examples" / "1" / "Split-train"
    (split / "data.gz").unlink()
    split.rmdir()
    code, _, failure, _ = evaluate(table())
    assert code == 2 and "has lost its examples" in failure


def test_a_model_that_was_not_pushed_is_told(maru, table, tmp_path):
    code, _, failure = maru("evaluate", "nail", table(), "--workspace", tmp_path)
    assert code == 2 and "No model 'nail' was pushed" in failure


def test_without_a_folder_the_page_is_in_the_workspace(
    maru, leave_run, table, fake_model, monkeypatch, pipeline_folders
):
    monkeypatch.setattr(asking, "from_disk", lambda pushed, name: fake_model)
    leave_run()
    code, _, _ = maru("evaluate", "mail", table(), "--workspace", pipeline_folders.workspace)
    (folder,) = (pipeline_folders.root / "evaluations").iterdir()
    assert code == 0 and (folder / "evaluation.html").is_file()
    assert pushed_models.newest(pipeline_folders).version == 7
