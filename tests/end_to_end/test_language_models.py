"""From lines of text to a served model that goes on with them, also for OpenAI's clients."""

import json
import pathlib
import urllib.request

import numpy as np
import pytest

from pipeline import paths
from pipeline.commands import predict
from pipeline.prompting import config, endpoint, preset, pushed
from serving import ragged
from serving.execution import saved_model
from serving.export import description
from tests.end_to_end import odd_texts, parity, running

pytestmark = pytest.mark.tfx

WORDS = ["one", "둘", "three", "vier", "five"]
YAML = """\
name: counting
task: {kind: language_modeling, longest: 8}
data: {source: {kind: text, path: lines.txt}, split: {train: 4, eval: 1}}
model:
  kind: gpt
  vocabulary_size: 300
  sequence_length: 24
  hidden_dim: 16
  num_heads: 2
  num_layers: 1
training: {epochs: 4, batch_size: 4, learning_rate: 2.0e-2}
"""


def lines():
    for place in range(80):
        yield " ".join(WORDS[(place + step) % 5] for step in range(2 + place % 7))


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("language")
    (folder / "lines.txt").write_text("\n".join(lines()), encoding="utf-8")
    (folder / "counting.yaml").write_text(YAML, encoding="utf-8")
    finished = running.run(folder / "counting.yaml", folder / "workspace")
    assert finished.code == 0, finished.shown
    return finished


@pytest.fixture(scope="module")
def served(ran):
    with running.served(workspace(ran)) as server:
        yield server


def workspace(ran):
    return pathlib.Path(ran.summary["model"]).parents[2]


def post(server, path, body):
    address = f"http://127.0.0.1:{server.rest_port}{path}"
    content = json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address, content), timeout=60) as answer:
        return json.load(answer)


def test_export_and_server_give_the_trainers_answers(ran, served):
    parity.assert_export_agrees(ran.summary)
    parity.assert_server_agrees(served, ran.summary)


def test_bits_per_byte_stand_beside_those_of_counted_bytes(ran):
    whole = ran.summary["metrics"]["all"]
    assert {"bits_per_byte", "perplexity", "token_accuracy"} <= set(whole)
    assert 0 < whole["bits_per_byte"] < 8
    assert "95 % interval of the bits per byte" in ran.shown
    assert "Kneser-Ney" in ran.shown


@pytest.mark.parametrize("drawn", [40, pytest.param(1000, marks=pytest.mark.slow)])
def test_pieces_and_scores_of_odd_texts_are_the_same_in_export_and_server(ran, served, drawn):
    texts = ["", *odd_texts.some(WORDS, drawn)]
    predictor = saved_model.SavedModelPredictor(pathlib.Path(ran.summary["model"]))
    given = {"text": np.array([text.encode() for text in texts], object)}
    exported = ragged.rows(predictor.predict("score", given))
    predictor.close()
    body = {"signature_name": "score", "instances": [{"text": text} for text in texts]}
    answers = post(served, "/v1/models/counting:predict", body)["predictions"]
    for text, same, told in zip(texts, exported, map(ragged.trimmed, answers), strict=True):
        assert told["piece"] == [piece.decode() for piece in same["piece"]]
        assert told["bytes"] == len(text.encode())
        assert told["log_probability"] == pytest.approx(float(same["log_probability"]), rel=1e-5)
        assert told["gaps"] == len(told["piece"])


def test_openais_form_gives_what_the_signatures_give(ran, served):
    prompts = ["one 둘", "", "three vier"]
    asked = {"model": "counting", "prompt": prompts, "temperature": 0, "max_tokens": 99}
    told = post(served, "/v1/completions", asked | {"echo": True, "logprobs": 1})
    rows = {"instances": [{"text": prompt} for prompt in prompts]}
    own = post(served, "/v1/models/counting:predict", rows)["predictions"]
    for prompt, choice, answer in zip(prompts, told["choices"], own, strict=True):
        assert choice["text"] == prompt + answer["text"]
        assert "".join(choice["logprobs"]["tokens"]).startswith(prompt[:3])
        assert all(score <= 0 for score in choice["logprobs"]["token_logprobs"])
    body = {"model": "counting", "input": prompts}
    vectors = [one["embedding"] for one in post(served, "/v1/embeddings", body)["data"]]
    rows["signature_name"] = "embed"
    own = post(served, "/v1/models/counting:predict", rows)["predictions"]
    np.testing.assert_allclose(vectors, own, atol=1e-6)


def test_prompts_are_answered_alike_by_export_preset_and_server(ran, served):
    where = paths.Paths(workspace(ran), "counting")
    folder = str(pathlib.Path(ran.summary["model"]) / "assets.extra" / "preset")
    url = f"http://127.0.0.1:{served.rest_port}/v1"
    models = [
        pushed.load(where),
        preset.load(config.PresetModel(folder), folder),
        endpoint.EndpointLanguageModel(config.EndpointModel(url, "counting", 23)),
    ]
    pairs = [("one 둘", " three"), ("one th", "ree"), ("vier\n", "x한 "), ("one " * 30, "one")]
    first, *others = [model.score(pairs) for model in models]
    assert first[-1] is None
    for other in others:
        assert other[-1] is None
        assert other[:-1] == pytest.approx(first[:-1], abs=1e-4)
    prompts = ["one 둘", "vier five", "three vier five one"]
    first, *others = [model.write(prompts, 3) for model in models]
    assert others == [first, first]
    models[0].close()


def test_a_person_is_shown_how_a_text_goes_on(ran):
    shown = predict.predict("counting", ["one 둘"], None, workspace(ran), as_json=True)
    told = json.loads(shown)
    assert told["text"] == told["texts"][0]["text"]
    assert told["texts"][0]["score"] <= 0


def test_the_export_says_what_it_is_for_and_brings_a_preset(ran):
    version = pathlib.Path(ran.summary["model"])
    found = description.read(version)
    assert (found.kind, found.shown_as, found.judged) == ("language_modeling", "texts", "score")
    assert (version / "assets.extra" / "preset" / "config.json").is_file()
