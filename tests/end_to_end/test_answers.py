"""From SQuAD's files to answers that stand exactly where they say."""

import json
import pathlib
import urllib.request

import numpy as np
import pytest

from pipeline.commands import evaluate, predict
from serving import ragged
from serving.execution import saved_model
from serving.export import description
from tests.end_to_end import odd_texts, parity, running

pytestmark = pytest.mark.tfx

NAMES = ["Ada", "Blaise", "서울", "Turing"]
YAML = """\
name: who
task: {kind: question_answering, unanswerable: true, longest: 4, top_k: 3}
data: {source: {kind: squad, path: who.json}, split: {train: 3, eval: 1, group: title}}
model:
  kind: transformer
  tokenizer: wordpiece
  vocabulary_size: 200
  sequence_length: 24
  hidden_dim: 16
  mlp_dim: 16
  num_heads: 2
  num_layers: 1
training: {epochs: 2, batch_size: 16}
"""


def articles():
    for number in range(40):
        name = NAMES[number % 4]
        context = f"In {1900 + number} {name} II saw {number} cats."
        asked = [
            ("Who saw them?", [{"text": f"{name} II", "answer_start": 8}]),
            ("When?", [{"text": str(1900 + number), "answer_start": 3}]),
            ("Why?", []),
        ]
        questions = [{"id": f"{number}", "question": q, "answers": a} for q, a in asked]
        yield {"title": f"{number}", "paragraphs": [{"context": context, "qas": questions}]}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answers")
    (folder / "who.json").write_text(json.dumps({"data": [*articles()]}), encoding="utf-8")
    (folder / "who.yaml").write_text(YAML, encoding="utf-8")
    finished = running.run(folder / "who.yaml", folder / "workspace")
    assert finished.code == 0, finished.shown
    return finished


@pytest.fixture(scope="module")
def served(ran):
    with running.served(workspace(ran)) as server:
        yield server


def workspace(ran):
    return pathlib.Path(ran.summary["model"]).parents[2]


def test_export_and_server_give_the_trainers_answers(ran, served):
    parity.assert_export_agrees(ran.summary)
    parity.assert_server_agrees(served, ran.summary)


def test_the_run_tells_the_official_figures_beside_a_sentence(ran):
    assert {"f1", "exact_match", "character_f1"} <= set(ran.summary["metrics"]["all"])
    assert "95 % interval of the f1" in ran.shown
    assert "sentence with most words of the question" in ran.shown


@pytest.mark.parametrize("drawn", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_answer_stands_where_it_says_in_export_and_server_alike(ran, served, drawn):
    contexts = odd_texts.some(NAMES, drawn)
    rows = [{"question": contexts[-place], "context": c} for place, c in enumerate(contexts)]
    predictor = saved_model.SavedModelPredictor(pathlib.Path(ran.summary["model"]))
    given = {name: np.array([row[name].encode() for row in rows], object) for name in rows[0]}
    exported = ragged.rows(predictor.predict("serving_default", given))
    predictor.close()
    request = json.dumps({"instances": rows}).encode()
    address = f"http://127.0.0.1:{served.rest_port}/v1/models/who:predict"
    with urllib.request.urlopen(urllib.request.Request(address, request), timeout=60) as response:
        answers = [ragged.trimmed(one) for one in json.load(response)["predictions"]]
    for context, answer, same in zip(contexts, answers, exported, strict=True):
        places = list(zip(answer["start"], answer["end"], strict=True))
        assert [context[start:end] for start, end in places] == answer["answer"]
        assert answer["answer"] == [text.decode() for text in same["answer"]]
        np.testing.assert_allclose(answer["score"], same["score"], atol=1e-5)
        assert 1 <= len(places) <= 3
        inside = sorted(place for place, text in zip(places, answer["answer"], strict=True) if text)
        assert all(end <= start for (_, end), (start, _) in zip(inside, inside[1:], strict=False))


def test_new_questions_are_judged_by_the_same_rules(ran, tmp_path):
    path = tmp_path / "new.json"
    path.write_text(json.dumps({"data": list(articles())[:5]}), encoding="utf-8")
    assert evaluate.evaluate("who", path, (), tmp_path / "out", workspace(ran)) == 0
    found = json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8"))
    assert 0 <= found["metrics"]["all"]["exact_match"] <= found["metrics"]["all"]["f1"] <= 1


def test_a_person_is_shown_the_answers_the_best_first(ran):
    texts = ["Who?", "In 1900 Ada II saw 3 cats."]
    shown = predict.predict("who", texts, None, workspace(ran), as_json=False)
    assert "%" in shown
    found = json.loads(predict.predict("who", texts, None, workspace(ran), as_json=True))
    (row,) = found if isinstance(found, list) else [found]
    scores = [one["score"] for one in row["answers"] if one["answer"]]
    assert scores == sorted(scores, reverse=True)


def test_the_export_says_what_it_is_for(ran):
    found = description.read(pathlib.Path(ran.summary["model"]))
    assert (found.kind, found.shown_as, found.labels) == ("question_answering", "answers", {})
    assert [one.name for one in found.inputs] == ["question", "context"]
