"""From files of tagged words to entities that stand exactly where the answer says."""

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

NAMES = ["Ada", "Blaise", "서울", "Turing", "Żuk"]
YAML = """\
name: names
task: {kind: token_classification, text: tokens, tags: tags, units: given, tagger: crf}
data: {source: {kind: conll, path: tagged}, split: {train: 3, eval: 1}}
model:
  kind: recurrent
  bidirectional: true
  tokenizer: wordpiece
  vocabulary_size: 200
  sequence_length: 9
  embedding_dim: 12
  units: 12
training: {epochs: 6, batch_size: 8, learning_rate: 3.0e-2}
"""


def sentences():
    for number in range(80):
        name = NAMES[number % 5]
        yield f"in O\n{name} B-NAME\nII I-NAME\nsaw O\n{name} B-NAME\n{number} O\n"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("entities")
    (folder / "tagged").mkdir()
    (folder / "tagged" / "names.conll").write_text("\n".join(sentences()), encoding="utf-8")
    (folder / "names.yaml").write_text(YAML, encoding="utf-8")
    finished = running.run(folder / "names.yaml", folder / "workspace")
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


def test_the_names_are_learned_and_the_headline_has_an_interval(ran):
    whole = ran.summary["metrics"]["all"]
    assert whole["entity_f1"] > 0.9
    assert {"precision", "recall", "macro_f1"} <= set(whole)
    assert "95 % interval of the entity f1" in ran.shown
    assert "entities seen in training" in ran.shown


@pytest.mark.parametrize("drawn", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_entity_stands_where_the_answer_says_in_export_and_server_alike(ran, served, drawn):
    texts, found = odd_texts.some(NAMES, drawn), 0
    predictor = saved_model.SavedModelPredictor(pathlib.Path(ran.summary["model"]))
    given = {"text": np.array([text.encode() for text in texts], object)}
    exported = ragged.rows(predictor.predict("serving_default", given))
    request = json.dumps({"instances": [{"text": text} for text in texts]}).encode()
    address = f"http://127.0.0.1:{served.rest_port}/v1/models/names:predict"
    with urllib.request.urlopen(urllib.request.Request(address, request), timeout=60) as response:
        answers = [ragged.trimmed(one) for one in json.load(response)["predictions"]]
    for text, answer, same in zip(texts, answers, exported, strict=True):
        spans = zip(answer["start"], answer["end"], answer["word"], strict=True)
        assert [text[start:end] for start, end, _ in spans] == answer["word"]
        assert len(answer["tokens"]) == len(answer["tags"])
        assert answer["word"] == [word.decode() for word in same["word"]]
        assert answer["start"] == same["start"].tolist()
        np.testing.assert_allclose(answer["score"], same["score"], atol=1e-5)
        found += len(answer["word"])
    predictor.close()
    assert found > len(texts)


def test_a_text_that_is_longer_than_the_model_reads_is_tagged_to_its_end(ran):
    predictor = saved_model.SavedModelPredictor(pathlib.Path(ran.summary["model"]))
    text = "in Ada II saw Ada . " * 30
    given = {"text": np.array([text.encode()], object)}
    (answer,) = ragged.rows(predictor.predict("tag_words", given))
    predictor.close()
    assert len(answer["tags"]) == len(text.split())
    assert answer["end"][-1] > len(text) - 5
    assert len(answer["word"]) == 60


def test_new_sentences_are_judged_on_the_words_they_come_with(ran, tmp_path):
    path = tmp_path / "new.conll"
    path.write_text("\n".join(sentences()).replace("in O", "(in) O"), encoding="utf-8")
    assert evaluate.evaluate("names", path, (), tmp_path / "out", workspace(ran)) == 0
    found = json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8"))
    # Pieces never seen may be taken for a name, but each name stands at the word it was given at.
    assert found["metrics"]["all"]["recall"] > 0.9


def test_a_person_is_shown_the_entities(ran):
    shown = predict.predict("names", ["saw 서울 II"], None, workspace(ran), as_json=False)
    assert "서울 II" in shown


def test_the_export_says_what_it_is_for(ran):
    found = description.read(pathlib.Path(ran.summary["model"]))
    assert (found.kind, found.shown_as) == ("token_classification", "entities")
    assert found.labels == {"tags": ["NAME"]}
    assert [(one.name, one.column) for one in found.inputs] == [("text", "tokens")]
