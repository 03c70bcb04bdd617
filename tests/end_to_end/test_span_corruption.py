"""From lines of text to a served T5, and from its preset to a model of two tasks."""

import json
import pathlib

import keras_hub
import numpy as np
import pytest

from pipeline.commands import predict
from serving.export import description
from tests.end_to_end import parity, running

pytestmark = pytest.mark.tfx

WORDS = ["one", "둘", "three", "vier", "five"]
SPANS = """\
name: counting
task: {kind: span_corruption, longest: 8}
data: {source: {kind: text, path: lines.txt}, split: {train: 4, eval: 1}}
model:
  kind: t5
  vocabulary_size: 420
  sequence_length: 24
  target_length: 12
  hidden_dim: 16
  num_heads: 2
  num_layers: 1
training: {epochs: 4, batch_size: 4, learning_rate: 2.0e-2}
"""
TASKS = """\
name: two_tasks
task: {kind: sequence_to_sequence, prefix: task, beams: 1, headline: exact_match}
data: {source: {kind: jsonl, path: rows.jsonl}, split: {train: 4, eval: 1, group: source}}
model: {kind: pretrained_seq2seq, preset: PRESET, sequence_length: 24, target_length: 8}
training: {epochs: 30, batch_tokens: 200, learning_rate: 1.0e-2}
evaluation: {slices: [task]}
"""


def lines():
    for place in range(80):
        yield " ".join(WORDS[(place + step) % 5] for step in range(2 + place % 7))


ANSWERS = {"greet": "one two", "part": "five"}
"""By what is put before a text: nothing else tells which of both is to be written."""


def rows():
    for place in range(60):
        for task, answer in ANSWERS.items():
            yield {"task": task, "source": f"{WORDS[place % 5]} {place}", "target": answer}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spans")
    (folder / "lines.txt").write_text("\n".join(lines()), encoding="utf-8")
    told = [json.dumps(row, ensure_ascii=False) for row in rows()]
    (folder / "rows.jsonl").write_text("\n".join(told), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def ran(folder):
    (folder / "counting.yaml").write_text(SPANS, encoding="utf-8")
    finished = running.run(folder / "counting.yaml", folder / "workspace")
    assert finished.code == 0, finished.shown
    return finished


@pytest.fixture(scope="module")
def tuned(ran, folder):
    preset = pathlib.Path(ran.summary["model"]) / "assets.extra" / "preset"
    yaml = TASKS.replace("PRESET", str(preset))
    (folder / "two_tasks.yaml").write_text(yaml, encoding="utf-8")
    finished = running.run(folder / "two_tasks.yaml", folder / "workspace")
    assert finished.code == 0, finished.shown
    return finished


def workspace(ran):
    return pathlib.Path(ran.summary["model"]).parents[2]


def test_export_and_server_give_the_trainers_answers(ran):
    parity.assert_export_agrees(ran.summary)
    with running.served(workspace(ran)) as server:
        parity.assert_server_agrees(server, ran.summary)


def test_accuracy_stands_beside_that_of_counted_words(ran):
    assert {"token_accuracy", "perplexity"} <= set(ran.summary["metrics"]["all"])
    assert "95 % interval of the token accuracy" in ran.shown
    assert "word that most often follows the one before" in ran.shown


def test_a_person_is_shown_what_a_span_was(ran):
    text = "one 둘 <extra_id_0> vier"
    told = json.loads(predict.predict("counting", [text], None, workspace(ran), as_json=True))
    assert told["text"] == told["texts"][0]["text"]
    assert told["texts"][0]["score"] <= 0


def test_the_export_says_what_it_is_for_and_brings_a_preset_of_plain_kerashub(ran):
    version = pathlib.Path(ran.summary["model"])
    found = description.read(version)
    assert (found.kind, found.shown_as) == ("span_corruption", "filled_spans")
    assert found.judged == "judge"
    preset = str(version / "assets.extra" / "preset")
    tokenizer = keras_hub.models.T5Tokenizer.from_preset(preset)
    backbone = keras_hub.models.T5Backbone.from_preset(preset)
    assert tokenizer.vocabulary_size() == backbone.vocabulary_size
    assert np.array(tokenizer("<extra_id_0>")).tolist() == [backbone.vocabulary_size - 1]


def test_several_tasks_are_learned_at_once_and_each_is_told(tuned):
    metrics = tuned.summary["metrics"]
    assert {name: metrics[f"task: {name}"]["exact_match"] for name in ANSWERS} == dict.fromkeys(
        ANSWERS, 1.0
    )
    parity.assert_export_agrees(tuned.summary)


def test_what_is_put_before_a_text_is_asked_beside_it(tuned):
    described = description.read(pathlib.Path(tuned.summary["model"]))
    assert [one.name for one in described.inputs] == ["text", "prefix"]
    for name, answer in ANSWERS.items():
        asked = ["vier 77", name]
        told = predict.predict("two_tasks", asked, None, workspace(tuned), as_json=True)
        assert json.loads(told)["text"] == answer
