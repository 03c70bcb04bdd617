"""From two columns to a served model that writes texts."""

import json
import pathlib
import sys
import urllib.request

import numpy as np
import pytest
from PIL import Image

from pipeline import cli
from pipeline.commands import augment, predict
from serving import ragged
from serving.execution import saved_model
from serving.export import description
from tests.end_to_end import odd_texts, parity, running

pytestmark = pytest.mark.tfx

NUMBERS = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier", "five": "fünf"}
YAML = """\
name: numbers
task: {kind: sequence_to_sequence, source: en, target: de, beams: 3, n_best: 2}
data: {source: {kind: jsonl, path: numbers.jsonl}, split: {train: 4, eval: 1}}
model:
  kind: seq2seq_transformer
  vocabulary_size: 60
  sequence_length: 12
  target_length: 12
  hidden_dim: 16
  mlp_dim: 16
  num_heads: 2
  num_layers: 1
training: {epochs: 2, batch_tokens: 90, label_smoothing: 0.1}
"""


def rows():
    words = list(NUMBERS)
    for place in range(60):
        chosen = [words[(place * step) % 5] for step in range(1, 2 + place % 4)]
        yield {"en": " ".join(chosen), "de": " ".join(NUMBERS[word] for word in chosen)}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("translation")
    lines = [json.dumps(row, ensure_ascii=False) for row in rows()]
    (folder / "numbers.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "numbers.yaml").write_text(YAML, encoding="utf-8")
    finished = running.run(folder / "numbers.yaml", folder / "workspace")
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


def test_the_run_tells_bleu_beside_that_of_what_came_before_networks(ran):
    assert {"bleu", "chrf", "rougel", "exact_match"} <= set(ran.summary["metrics"]["all"])
    assert "95 % interval of the bleu" in ran.shown
    baseline = ran.summary["baseline"]
    assert baseline["name"] == "IBM model 1 and trigrams, by Bayes"
    assert list(baseline["simpler"]) == ["IBM model 1, word by word", "the text that is read"]
    assert ran.shown.count("IBM model 1") == 2 and "exact match" in ran.shown


def test_odd_texts_are_answered_alike_alone_and_together(ran, served):
    texts = [*odd_texts.some(list(NUMBERS)), "", "one " * 500, "😀", "ᚠᛇᚻ"]
    predictor = saved_model.SavedModelPredictor(pathlib.Path(ran.summary["model"]))

    def asked(part):
        given = {"text": np.array([text.encode() for text in part], object)}
        return ragged.rows(predictor.predict("serving_default", given))

    together = asked(texts)
    request = json.dumps({"instances": texts}).encode()
    address = f"http://127.0.0.1:{served.rest_port}/v1/models/numbers:predict"
    with urllib.request.urlopen(urllib.request.Request(address, request), timeout=60) as response:
        answers = [ragged.trimmed(one) for one in json.load(response)["predictions"]]
    for text, answer, same in zip(texts, answers, together, strict=True):
        (alone,) = asked([text])
        assert alone["text"] == same["text"] == answer["text"].encode()
        np.testing.assert_allclose(alone["score"], answer["score"], atol=1e-4)
        assert answer["texts"][0] == answer["text"] and answer["scores"][0] == answer["score"]
        assert 1 <= len(answer["texts"]) == len(answer["scores"]) <= 2
    predictor.close()


def test_texts_are_drawn_as_the_settings_of_a_request_say(ran, served):
    seeds = list(range(12))
    rows = [
        {"text": "one two", "temperature": 9.0, "top_k": 0, "top_p": 1.0, "seed": seed}
        for seed in seeds
    ]
    rows.append({"text": "one two", "temperature": 0.0, "top_k": 0, "top_p": 1.0, "seed": 1})
    request = json.dumps({"signature_name": "sample", "instances": rows}).encode()
    address = f"http://127.0.0.1:{served.rest_port}/v1/models/numbers:predict"
    with urllib.request.urlopen(urllib.request.Request(address, request), timeout=60) as response:
        answers = json.load(response)["predictions"]
    assert len({answer["text"] for answer in answers[:-1]}) > 6
    predictor = saved_model.SavedModelPredictor(pathlib.Path(ran.summary["model"]))
    types = {"text": object, "temperature": np.float32, "top_k": int, "top_p": np.float32}
    for row, answer in zip(rows, answers, strict=True):
        given = {
            name: np.array([value.encode() if name == "text" else value], types.get(name, int))
            for name, value in row.items()
        }
        (alone,) = predictor.predict("sample", given)["text"]
        assert alone.decode() == answer["text"]
    predictor.close()


def test_attention_is_told_with_the_pieces_of_both_sides(ran):
    predictor = saved_model.SavedModelPredictor(pathlib.Path(ran.summary["model"]))
    given = {"text": np.array([b"one two", b"five"], object)}
    found = ragged.rows(predictor.predict("align", given))
    predictor.close()
    for answer, text in zip(found, given["text"], strict=True):
        pieces = [piece.decode() for piece in answer["pieces_read"]]
        assert "".join(pieces).replace("▁", " ").strip() == f"{text.decode()}</s>"
        assert answer["pieces"][-1] == b"</s>"
        weights = np.array(answer["attention"])
        assert len(weights) == len(answer["pieces"])
        np.testing.assert_allclose(weights[:, : len(pieces)].sum(1), 1, rtol=1e-4)


def test_a_person_sees_which_words_each_word_was_written_by(ran, tmp_path, monkeypatch, capsys):
    with Image.open(pathlib.Path(ran.summary["model_run"], "alignment.png")) as drawn:
        assert drawn.size[1] > 300
    file = tmp_path / "new" / "one.png"
    arguments = ["predict", "numbers", "one two", "--alignment", str(file)]
    monkeypatch.setattr(sys, "argv", ["maru", *arguments, "--workspace", str(workspace(ran))])
    cli.main()
    assert len(capsys.readouterr().out.splitlines()) == 2
    with Image.open(file) as drawn:
        assert min(drawn.size) > 200


def test_a_person_is_shown_the_texts(ran):
    shown = predict.predict("numbers", ["one two"], None, workspace(ran), as_json=False)
    assert len(shown.splitlines()) == 2
    found = json.loads(predict.predict("numbers", ["one two"], None, workspace(ran), as_json=True))
    (row,) = found if isinstance(found, list) else [found]
    assert row["text"] == row["texts"][0]["text"]
    assert row["texts"][0]["score"] <= 0


def test_a_pushed_model_paraphrases_by_its_name(ran, tmp_path):
    rows = [f"{' '.join(NUMBERS)} {place},{place % 2}" for place in range(6)]
    (tmp_path / "rows.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    config = tmp_path / "sums.yaml"
    config.write_text(
        "name: sums\ntask: {kind: text_classification}\n"
        "data: {source: {kind: csv, path: rows.csv}}\nmodel: {kind: text_cnn}\n"
        "augmentation:\n"
        "  - {kind: back_translation, forward: numbers, backward: numbers, temperature: 2.0}\n"
    )
    augment.run(config, (), workspace(ran), tmp_path / "shown.html", rows=3)
    shown = (tmp_path / "shown.html").read_text("utf-8")
    assert "back_translation" in shown and "one two three" in shown


def test_the_model_says_what_it_is(ran):
    found = description.read(pathlib.Path(ran.summary["model"]))
    assert (found.kind, found.shown_as) == ("sequence_to_sequence", "texts")
