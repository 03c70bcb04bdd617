"""Tests of pipeline/commands/prompt.py with a fake model: what is asked, told, written, resumed."""

import json

import pytest

from pipeline.prompting import pushed

YAML = """\
name: fruit
data: {source: {kind: csv, path: fruit.csv}, split: {column: split, eval: 0}}
model: {kind: pushed, name: small}
prompt: {question: text, answer: label, shots: [0, 1, 3], draws: 2}
"""
TABLE = """\
text,label,split
lime,green,train
cherry,red,train
pea,green,train
plum,blue,train
beet,red,train
okra,green,test
apple,red,test
kiwi,green,test
"""


class GreenModel:
    """Answers `green` if there is an example with it, else all alike; reads a text of no `kiwi`."""

    which = "small, version 1"

    def __init__(self):
        self.asked = []
        self.most = None

    def score(self, pairs):
        self.asked += pairs
        if self.most is not None and len(self.asked) > self.most:
            raise KeyboardInterrupt
        return [
            None if "kiwi" in prompt else float("green" in prompt and answer == " green")
            for prompt, answer in pairs
        ]

    def close(self):
        pass


@pytest.fixture
def model(monkeypatch):
    given = GreenModel()
    monkeypatch.setattr(pushed, "load", lambda where: given)
    return given


@pytest.fixture
def prompt(maru, tmp_path, model):
    (tmp_path / "fruit.yaml").write_text(YAML)
    (tmp_path / "fruit.csv").write_text(TABLE)

    def call(*options):
        return maru("prompt", tmp_path / "fruit.yaml", "--workspace", tmp_path / "ws", *options)

    return call


def folders(tmp_path):
    return sorted((tmp_path / "ws/runs/fruit/prompting").glob("*/"))


def test_accuracy_by_shots_is_told_with_ties_and_what_is_too_long(prompt, tmp_path):
    code, shown, _ = prompt()
    assert code == 0
    assert "small, version 1, 3 test questions" in shown
    rows = [line.split() for line in shown.splitlines()]
    assert ["0", "0.000", "0.000", "to", "0.561", "1", "0.000", "0.000", "3"] in rows
    assert "always the most frequent answer of 5 train rows: 0.667" in shown
    assert "0 shots: 2 of 3 prompts have several likeliest answers" in shown
    assert "0 shots: 1 of 3 prompts are too long even without examples" in shown
    assert "3 shots: 2 of 6 prompts lost examples" in shown


def test_every_prompt_is_written_with_what_was_answered_and_expected(prompt, tmp_path):
    prompt()
    (folder,) = folders(tmp_path)
    lines = (folder / "prompts.jsonl").read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    assert [(one["shots"], one["draw"]) for one in found] == (
        [(0, 0)] * 3 + [(1, 0)] * 3 + [(1, 1)] * 3 + [(3, 0)] * 3 + [(3, 1)] * 3
    )
    for one in found:
        assert one["prompt"].endswith("\nA:")
        assert one["prompt"].count("Q: ") == len(one["examples"]) + 1
        assert one["is_right"] == (one["answer"] == one["expected"])
    told = json.loads((folder / "accuracy.json").read_text("utf-8"))
    for row in told["by_shots"]:
        right = [one["is_right"] for one in found if one["shots"] == row["shots"]]
        assert row["accuracy"] == pytest.approx(sum(right) / len(right))
        assert len(row["by_draw"]) == (1 if row["shots"] == 0 else 2)
    assert (folder / "accuracy.png").read_bytes().startswith(b"\x89PNG")
    assert "draws: 2" in (folder / "config.yaml").read_text("utf-8")


def test_the_option_and_settings_change_what_is_asked(prompt, tmp_path):
    code, shown, _ = prompt("--shots", "2", "--set", "prompt.draws=1")
    assert code == 0
    told = json.loads((folders(tmp_path)[-1] / "accuracy.json").read_text("utf-8"))
    assert [(row["shots"], row["prompts"]) for row in told["by_shots"]] == [(2, 3)]


def test_a_killed_command_continues_where_it_stopped(prompt, model, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.prompting.measuring._BATCH", 4)
    model.most = 30
    code, _, _ = prompt()
    assert code == 130
    model.most, model.asked = None, []
    code, shown, _ = prompt()
    assert (code, "continuing after 8 prompts" in shown) == (0, True)
    unfinished = (folders(tmp_path)[-1] / "prompts.jsonl").read_text("utf-8")
    assert not any("Q: apple" in prompt and "\n\n" not in prompt for prompt, _ in model.asked)
    prompt()
    assert (folders(tmp_path)[-1] / "prompts.jsonl").read_text("utf-8") == unfinished


@pytest.mark.parametrize("setting", ["prompt.draws=3", "prompt.instruction=Colours."])
def test_what_is_asked_otherwise_begins_anew(prompt, model, monkeypatch, setting):
    monkeypatch.setattr("pipeline.prompting.measuring._BATCH", 4)
    model.most = 30
    prompt()
    model.most = None
    _, shown, _ = prompt("--set", setting)
    assert "continuing" not in shown


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--shots", "one"), "prompt.shots[0]: expected an integer, received 'one'"),
        (("--shots", "9"), "9 examples are asked for, and the train split has 5 rows"),
        (
            ("--set", "prompt.answered_by={kind: likelihood, answers: [red, blue]}"),
            "`prompt.answered_by.answers` lacks the right answer 'green' of fruit.csv:7",
        ),
    ],
)
def test_what_cannot_be_asked_is_told_without_a_traceback(prompt, options, told):
    code, _, failure = prompt(*options)
    assert (code, "Traceback" in failure) == (2, False)
    assert told in failure


def test_answers_beyond_number_are_left_to_generation(prompt, tmp_path):
    rows = "".join(f"q{place},{place},{'test' if place % 2 else 'train'}\n" for place in range(240))
    (tmp_path / "fruit.csv").write_text("text,label,split\n" + rows)
    code, _, failure = prompt()
    assert code == 2
    assert "from 2 to 100 answers. Received 240: '0', '1'" in failure
    assert "`answered_by: generation`" in failure


def test_a_pushed_model_that_is_not_there_is_told(maru, tmp_path):
    (tmp_path / "fruit.yaml").write_text(YAML)
    (tmp_path / "fruit.csv").write_text(TABLE)
    code, _, failure = maru("prompt", tmp_path / "fruit.yaml", "--workspace", tmp_path / "ws")
    assert code == 2
    assert "No model 'small' was pushed" in failure
