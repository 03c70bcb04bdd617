"""Tests of pipeline/asking.py with a fake server."""

import json

import numpy as np
import pytest

from pipeline import asking
from serving import client

OUTPUTS = {
    "labels": np.array([["a", "b", "c", "d", "ham", "스팸"]], object),
    "probabilities": np.array([[0.01, 0.02, 0.03, 0.04, 0.15, 0.75]]),
}


class FakeClient:
    """A server with one model, `mail`, or one that answers about images; notes what is asked."""

    calls = []
    refusal = None

    def __init__(self, server, retries):
        self.server = server

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def signatures(self, model):
        if model != "mail":
            raise client.ClientError("Servable not found", "NOT_FOUND", 404)
        name = "image_bytes" if self.server == "images:1" else "text"
        return {"serving_default": client.Signature({name: client.TensorSpec("string")}, {})}

    def predict(self, model, inputs):
        if self.refusal is not None:
            raise self.refusal
        self.calls.append((self.server, model, inputs))
        return OUTPUTS


@pytest.fixture
def asked(monkeypatch):
    """What the fake server was asked."""
    monkeypatch.setattr(client, "Client", FakeClient)
    monkeypatch.setattr(FakeClient, "calls", [])
    return FakeClient.calls


def test_the_best_five_labels_are_shown_in_order(asked, tmp_path):
    answer = asking.predict("mail", "안녕", "host:1", tmp_path, as_json=False)
    assert [line.split() for line in answer.splitlines()] == [
        ["스팸", "75.0%"],
        ["ham", "15.0%"],
        ["d", "4.0%"],
        ["c", "3.0%"],
        ["b", "2.0%"],
    ]
    assert asked == [("host:1", "mail", {"text": ["안녕"]})]


def test_json_has_the_label_and_every_probability(asked, tmp_path):
    answer = json.loads(asking.predict("mail", "hello", None, tmp_path, as_json=True))
    assert answer["label"] == "스팸"
    assert list(answer["probabilities"]) == ["스팸", "ham", "d", "c", "b", "a"]
    assert sum(answer["probabilities"].values()) == pytest.approx(1.0)
    assert asked[0][0] == asking.DEFAULT_SERVER


def test_an_image_is_sent_as_the_bytes_of_its_file(asked, tmp_path):
    (tmp_path / "7.png").write_bytes(b"\x89PNG")
    asking.predict("mail", str(tmp_path / "7.png"), "images:1", tmp_path, as_json=False)
    assert asked == [("images:1", "mail", {"image_bytes": [b"\x89PNG"]})]


def test_a_missing_image_is_named(asked, tmp_path):
    with pytest.raises(ValueError, match="answers about images. There is no file 'no.png'"):
        asking.predict("mail", "no.png", "images:1", tmp_path, as_json=False)


def test_a_named_server_without_the_model_is_an_error(asked, tmp_path):
    with pytest.raises(ValueError, match="Servable not found"):
        asking.predict("other", "hello", "host:1", tmp_path, as_json=False)


def test_without_a_server_the_pushed_models_are_looked_through(asked, tmp_path):
    (tmp_path / "served" / "mail").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"No model 'other' was pushed.*Pushed models: mail\."):
        asking.predict("other", "hello", None, tmp_path, as_json=False)


def test_a_server_that_refuses_the_question_is_an_error(asked, tmp_path, monkeypatch):
    broken = client.ClientError("the model is broken", "INTERNAL", 500)
    monkeypatch.setattr(FakeClient, "refusal", broken)
    with pytest.raises(ValueError, match="the model is broken"):
        asking.predict("mail", "hello", None, tmp_path, as_json=False)
