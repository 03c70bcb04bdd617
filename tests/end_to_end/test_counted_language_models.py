"""From lines of text to served counts of what follows what, without a gradient."""

import json
import pathlib
import urllib.error
import urllib.request

import numpy as np
import pytest

from serving import ragged
from serving.execution import saved_model
from tests.end_to_end import parity, running

pytestmark = pytest.mark.tfx

WORDS = ["one", "둘", "three", "vier", "five"]
YAML = """\
name: counted
task: {kind: language_modeling, longest: 8, beams: 2}
data: {source: {kind: text, path: lines.txt}, split: {train: 4, eval: 1}}
model: {kind: ngram, order: 3, vocabulary_size: 300, sequence_length: 24}
training: {batch_size: 4}
doctor: {stop_on: never}
tuning: {algorithm: grid, trials: 2, space: {model.order: {values: [1, 4]}}}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counted")
    lines = (
        " ".join(WORDS[(place + step) % 5] for step in range(2 + place % 7)) for place in range(80)
    )
    (folder / "lines.txt").write_text("\n".join(lines), encoding="utf-8")
    (folder / "counted.yaml").write_text(YAML, encoding="utf-8")
    finished = running.run(folder / "counted.yaml", folder / "workspace")
    assert finished.code == 0, finished.shown
    return finished


@pytest.fixture(scope="module")
def served(ran):
    with running.served(pathlib.Path(ran.summary["model"]).parents[2]) as server:
        yield server


def test_export_and_server_give_the_trainers_answers(ran, served):
    parity.assert_export_agrees(ran.summary)
    parity.assert_server_agrees(served, ran.summary)


def test_the_search_takes_the_longer_runs_and_they_tell_more_than_bytes(ran):
    assert ran.summary["metrics"]["all"]["bits_per_byte"] < 0.6
    report = (ran.folder / "report.html").read_text("utf-8")
    assert "Kneser-Ney of up to 6 bytes" in report


def test_what_is_counted_is_gone_on_with(ran):
    predictor = saved_model.SavedModelPredictor(pathlib.Path(ran.summary["model"]))
    given = {"text": np.array(["one 둘".encode(), b""], object)}
    told = predictor.predict("serving_default", given)
    scores = ragged.rows(predictor.predict("score", given))
    predictor.close()
    assert told["text"][0].decode().startswith(" three")
    assert scores[0]["log_probability"] < 0 == scores[1]["log_probability"]


def test_vectors_are_refused_in_words_as_there_are_none(served):
    body = json.dumps({"model": "counted", "input": ["one"]}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{served.rest_port}/v1/embeddings", body)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    assert 400 <= caught.value.code < 500
    assert "embed" in caught.value.read().decode()
