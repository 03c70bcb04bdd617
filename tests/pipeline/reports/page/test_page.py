"""Tests of pipeline/reports/page: what the page of a run says, and that it needs nothing else."""

import dataclasses
import html.parser
import json
import re

import huggingface_hub
import numpy as np
import pytest
from PIL import Image

from components.canary import canary
from components.doctor import finding
from components.doctor import stage as doctor
from pipeline import artifact_files, past_runs, paths
from pipeline.config import loading
from pipeline.reports.page import card, figures, page
from pipeline.runtime import ending
from tests.pipeline.reports.test_run_summary import DONE

CONFIG = {
    "name": "mail",
    "task": {"kind": "text_classification", "text": "review", "label": "stars"},
    "data": {"source": {"kind": "csv", "path": "mail.csv"}},
    "model": {"kind": "text_cnn"},
    "card": {"purpose": "Tell 스팸 from <b>ham</b>.", "licence": "apache-2.0", "language": ["ko"]},
}
MISTAKE = {
    "inputs": [{"name": "review", "text": "<script>alert(1)</script> 안녕 👍"}],
    "target": "ham",
    "answer": "스팸",
    "confidence": 0.987,
    "neighbours": [{"inputs": [{"name": "review", "text": "a neighbour"}], "target": "ham"}],
}
ANALYSIS = {
    "split": "test",
    "asked": 50,
    "metric": "accuracy",
    "spread": ["review: 1 to 20 characters"],
    "samples": [{"inputs": [{"name": "review", "text": "한글"}], "target": "ham"}],
    "confusion": {"labels": ["ham", "스팸"], "matrix": [[20, 5], [0, 25]], "right": [20, 10]},
    "slices": [
        {"group": "length", "name": "up to 5", "count": 25, "value": 0.7, "low": 0.6, "high": 0.8}
    ],
    "calibration": {
        "confidence": [0.5, 0.9],
        "accuracy": [0.4, 1.0],
        "counts": [9, 41],
        "error": 0.1,
    },
    "pairs": None,
    "mistakes": [MISTAKE],
}


class Tags(html.parser.HTMLParser):
    """Open tags, and whether each that needs it is closed."""

    def __init__(self):
        super().__init__()
        self.names = []
        self.open = []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def where(tmp_path):
    return paths.Paths(tmp_path, "mail")


@pytest.fixture
def leave(where, tmp_path):
    """Leaves what a run leaves, and gives that run."""

    def call(*, code=0, failure=None, **changes):
        folder = where.run("20260101-000000-000")
        folder.mkdir(parents=True)
        config = loading.from_mapping(CONFIG, source="the test")
        (folder / artifact_files.CONFIG).write_text(loading.to_yaml(config))
        (folder / "log.txt").write_text("a line of the log\n")
        ending.write(ending.Ending("maru run mail.yaml", 12.0, code, failure), folder)
        if failure is None:
            summary = dataclasses.asdict(
                dataclasses.replace(DONE, **{**outputs(tmp_path), **changes})
            )
            (folder / artifact_files.RUN_SUMMARY).write_text(json.dumps(summary))
        (run,) = past_runs.find(where.workspace, "mail")
        return run

    return call


def outputs(folder):
    """Folders with what stages wrote."""
    for name in ("model_run", "analysis", "blessing", "served"):
        (folder / name).mkdir()
    history = {
        "loss": [2.0, 1.0],
        "val_loss": [2.1, 1.5],
        "accuracy": [0.5, 0.7],
        "val_accuracy": [0.4, 0.6],
    }
    (folder / "model_run" / artifact_files.HISTORY).write_text(json.dumps(history))
    (folder / "analysis" / "analysis.json").write_text(json.dumps(ANALYSIS))
    probe = {"problems": [], "remarks": ["JPEG is read"]}
    (folder / "blessing" / canary.REPORT).write_text(json.dumps(probe))
    rejected = {"where": "mail.csv:7", "reason": "`review` is empty", "excerpt": ""}
    (folder / "quarantine.jsonl").write_text(json.dumps(rejected) + "\n")
    stage = {"stage": "Canary", "outcome": "ran", "seconds": 1.0, "why": "first run"}
    return {
        "model_run": str(folder / "model_run"),
        "analysis": str(folder / "analysis"),
        "quarantine": str(folder / "quarantine.jsonl"),
        "quarantined": 1,
        "model": str(folder / "served"),
        "stages": [stage | {"outputs": {"blessing": str(folder / "blessing")}}],
    }


def test_a_page_is_well_formed_and_needs_nothing_from_elsewhere(leave):
    text = page.write(leave()).read_text("utf-8")
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert "script" not in tags.names and "link" not in tags.names
    assert not re.search(r"https?:|src=\"(?!data:)|@import|url\((?!#)", text)
    assert len(text) < 2_000_000


def test_the_verdict_of_a_pushed_model_comes_first_with_its_figure(leave):
    text = page.write(leave()).read_text("utf-8")
    start = text.index("<strong>")
    assert text[start:].startswith("<strong>pushed as version 1</strong>")
    assert "accuracy 0.800 (95 % interval 0.700 to 0.900) on 50 test examples" in text
    assert "maru predict mail" in text


def test_what_users_wrote_stays_text(leave):
    text = page.write(leave()).read_text("utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 안녕 👍" in text
    assert "Tell 스팸 from &lt;b&gt;ham&lt;/b&gt;." in text


def test_everything_a_run_found_is_on_its_page(leave):
    text = page.write(leave(trials=DONE.trials, remarks=["3 rows are train rows"])).read_text(
        "utf-8"
    )
    for words in (
        "3 rows are train rows",
        "`review` is empty",
        "mail.csv:7",
        "1 to 20 characters",
        "a neighbour",
        "98.7 %",
        "JPEG is read",
        "apache-2.0",
        "model.recipe.dropout",
        "maru run mail.yaml",
        "expected error 0.100",
    ):
        assert words in text, words
    assert text.count("<svg") == 4


def test_the_model_that_was_served_stands_beside_this_one(leave):
    text = page.write(leave(served_before={"accuracy": 0.125})).read_text("utf-8")
    assert '<td>the model that was served</td><td class="number">0.125</td>' in text


def test_a_refused_model_says_why_first(leave):
    run = leave(code=3, refusals=["accuracy is 0.5, must reach 0.9"], version=None, model=None)
    text = page.write(run).read_text("utf-8")
    assert "<strong>refused, so nothing was pushed</strong>" in text
    assert text.index("must reach 0.9") < text.index("What it is for")


def test_a_failed_run_has_a_page_whose_first_lines_say_what_to_do(leave):
    failure = "data.source.path: mail.csv is not there. Received: 'mail.csv'"
    text = page.write(leave(code=2, failure=failure)).read_text("utf-8")
    assert "<strong>failed</strong>" in text and "mail.csv is not there" in text
    assert "<details><summary>1 line</summary>" in text and "a line of the log" in text


def test_a_run_under_way_is_not_to_be_started_again(leave):
    run = dataclasses.replace(leave(failure="not yet"), outcome="under way", ending=None)
    text = page.write(run).read_text("utf-8")
    assert "<strong>under way</strong>" in text and "maru report mail" in text
    assert "continues where it stopped" not in text


def test_labels_that_are_summed_up_are_found_only_where_the_answer_is_the_label_itself(leave):
    text = page.write(leave()).read_text("utf-8")
    assert "<td>80 %</td>" in text and "<td>40 %</td>" in text and "<td>100 %</td>" not in text


def test_a_defect_says_where_its_traceback_is(leave):
    text = page.write(leave(code=1, failure="Unexpected: KeyError")).read_text("utf-8")
    assert "This is a defect of the program" in text and "log.txt" in text
    assert "<details open><summary>1 line</summary>" in text


def test_a_model_that_could_not_be_asked_still_has_a_page(leave, tmp_path):
    run = leave(code=3, refusals=["Canary: no answer"], version=None, model=None)
    broken = {
        "split": "test",
        "asked": 50,
        "samples": [],
        "spread": [],
        "problem": "it cannot be asked",
    }
    (tmp_path / "analysis" / "analysis.json").write_text(json.dumps(broken))
    assert "it cannot be asked" in page.write(run).read_text("utf-8")


def test_the_card_beside_the_model_is_one_of_hugging_face(leave, tmp_path):
    page.write(leave())
    read = huggingface_hub.ModelCard.load(tmp_path / "served" / card.FILE)
    data = read.data
    assert (data.license, data.language, data.pipeline_tag) == (
        "apache-2.0",
        ["ko"],
        "text-classification",
    )
    by_name = {one.metric_type: one.metric_value for one in data.eval_results}
    assert by_name == {"accuracy": 0.8, "cross_entropy": 0.5, "macro_f1": 0.7}
    assert data.to_dict()["model-index"][0]["name"] == "mail"
    assert "# mail" in read.text and "0.800 (95 % interval" in read.text


def test_pictures_of_stages_are_made_small(leave, tmp_path):
    (tmp_path / "doctor").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (900, 1500, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "doctor" / "doctor.png")
    found = finding.Finding("class_balance", "warn", "e 7", "m", "f")
    run = leave(doctor_reports=[str(tmp_path / "doctor")])
    run.summary["findings"] = [dataclasses.asdict(found)]
    text = page.write(run).read_text("utf-8")
    assert "data:image/png;base64," in text and "class balance" in text
    assert len(text) < 2_000_000


def test_checks_of_the_doctor_that_do_not_apply_are_listed_with_the_reason(leave, tmp_path):
    passed = finding.Finding("token_lengths", "pass", "at most 9 tokens")
    absent = [
        finding.NotApplicable("class_balance", "the target holds numbers"),
        finding.NotApplicable("label_noise", "the target holds numbers"),
        finding.NotApplicable("drift", "there is one split only"),
    ]
    (tmp_path / "doctor").mkdir()
    doctor.write(tmp_path / "doctor", finding.Examination([passed], absent))
    run = leave(doctor_reports=[str(tmp_path / "doctor"), str(tmp_path / "removed")])
    run.summary["findings"] = [dataclasses.asdict(passed)]
    text = page.write(run).read_text("utf-8")
    assert "<details><summary>3 checks do not apply</summary>" in text
    assert '<td class="name">class balance, label noise</td>' in text
    assert '<td class="name">drift</td><td class="name">there is one split only</td>' in text


def test_a_single_epoch_is_a_whole_number_and_its_splits_differ():
    svg = figures.curves({"loss": [1.25], "val_loss": [0.75]}, ["loss"], "loss")
    assert re.findall(r">([\d.]+)</text>", svg)[:2] == ["1", "0.8"]
    hollow, filled = "fill-opacity: 0", "fill: #0072b2"
    assert svg.count(hollow) == svg.count(filled) == 2  # The point, and the one of the legend.


def test_figures_take_the_colour_of_the_page():
    svg = figures.answers([(1.0, 2.0), (2.0, 1.5), (3.0, 3.0)])
    assert svg.startswith("<svg") and "currentColor" in svg and "http" not in svg
    assert "#010203" not in svg


def test_the_lines_of_a_search_take_numbers_and_words():
    trials = [
        {"score": 0.9, "model.kind": "한글", "training.learning_rate": 1e-4},
        {"score": 0.8, "model.kind": "b", "training.learning_rate": 1e-2},
        {"score": 0.8, "model.kind": None, "training.learning_rate": 1e-3},
    ]
    svg = figures.trials(trials, ["model.kind", "training.learning_rate"])
    assert "한글" in svg and "learning_rate" in svg
