"""Tests of pipeline/commands/predict.py with a fake server."""

import json
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from rich import cells

from components.ingest import images
from models.image.input import decode
from pipeline.commands import predict
from pipeline.runtime import running_server
from serving import client, errors
from serving.execution import saved_model
from serving.export import description

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
        outputs = {key: client.TensorSpec("any") for key in OUTPUTS}
        return {"serving_default": client.Signature({name: client.TensorSpec("string")}, outputs)}

    def predict(self, model, inputs, signature):
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
    answer = predict.predict("mail", ["안녕"], "host:1", tmp_path, as_json=False)
    assert [line.split() for line in answer.splitlines()] == [
        ["스팸", "75.0%"],
        ["ham", "15.0%"],
        ["d", "4.0%"],
        ["c", "3.0%"],
        ["b", "2.0%"],
    ]
    assert asked == [("host:1", "mail", {"text": ["안녕"]})]


def test_percentages_stand_below_each_other_in_any_script(asked, tmp_path, monkeypatch):
    labels = np.array([["a", "b", "c", "👍", "ham", "스팸 메일"]], object)
    monkeypatch.setitem(OUTPUTS, "labels", labels)
    answer = predict.predict("mail", ["안녕"], "host:1", tmp_path, as_json=False)
    assert {cells.cell_len(line) for line in answer.splitlines()} == {9 + 2 + 7}


def test_json_has_the_label_and_every_probability(asked, tmp_path):
    answer = json.loads(predict.predict("mail", ["hello"], "host:1", tmp_path, as_json=True))
    assert answer["label"] == "스팸"
    assert list(answer["probabilities"]) == ["스팸", "ham", "d", "c", "b", "a"]
    assert sum(answer["probabilities"].values()) == pytest.approx(1.0)


@pytest.fixture
def running(tmp_path):
    """A server of the workspace, as far as its file tells."""
    with running_server.announce(tmp_path, "here:7"):
        yield


def test_the_server_that_runs_for_the_workspace_is_asked(asked, running, tmp_path):
    predict.predict("mail", ["hello"], None, tmp_path, as_json=False)
    assert asked == [("here:7", "mail", {"text": ["hello"]})]


def test_a_server_of_another_workspace_is_not_asked(asked, running, tmp_path):
    with pytest.raises(ValueError, match="No model 'mail' was pushed"):
        predict.predict("mail", ["hello"], None, tmp_path / "other", as_json=False)
    assert asked == []


def test_a_model_that_answers_something_else_is_shown_output_by_output(
    asked, tmp_path, monkeypatch
):
    outputs = {"tags": np.array([["N", "V", ""]], object), "tags_length": np.array([2])}
    monkeypatch.setattr(FakeClient, "predict", lambda *_: outputs)
    assert predict.predict("mail", ["hello"], "host:1", tmp_path, as_json=False) == "tags  N, V"
    answer = predict.predict("mail", ["hello"], "host:1", tmp_path, as_json=True)
    assert json.loads(answer) == {"tags": ["N", "V"]}


def test_what_each_word_was_written_by_is_asked_and_drawn(asked, tmp_path, monkeypatch):
    told = client.Signature({"text": client.TensorSpec("string")}, {})
    known = {"serving_default": told, "align": told}
    monkeypatch.setattr(FakeClient, "signatures", lambda *_: known)
    weights = {"attention": np.eye(2)[None] / 2 + 0.25, "attention_length": np.array([2])}
    words = np.array([["▁a", "</s>"]], object)
    outputs = {"pieces": words, "pieces_read": words, **weights}
    outputs |= {f"{name}_length": np.array([2]) for name in ("pieces", "pieces_read")}
    monkeypatch.setattr(FakeClient, "predict", lambda *_: outputs)

    def draw(path):
        predict.predict("mail", ["hello"], "host:1", tmp_path, as_json=False, alignment=path)

    with pytest.raises(ValueError, match=r"--alignment: the picture is a .png file"):
        draw(tmp_path / "a.jpg")
    draw(tmp_path / "new" / "a.png")
    with Image.open(tmp_path / "new" / "a.png") as drawn:
        assert min(drawn.size) > 100
    outputs["attention"] = np.zeros((1, 2, 2))
    with pytest.raises(ValueError, match="--alignment: mail has no attention"):
        draw(tmp_path / "b.png")
    del known["align"]
    with pytest.raises(ValueError, match=r"has no signature 'align'.*It has: serving_default\."):
        draw(tmp_path / "b.png")
    assert not (tmp_path / "b.png").exists()


def test_a_model_that_answers_without_rows_is_told(asked, tmp_path, monkeypatch):
    monkeypatch.setattr(FakeClient, "predict", lambda *_: {"total": np.float32(2)})
    with pytest.raises(ValueError, match=r"cannot be asked here.*outputs total \(\)"):
        predict.predict("mail", ["hello"], "host:1", tmp_path, as_json=False)


@pytest.mark.parametrize(
    ("specs", "received"),
    [
        ({"x": client.TensorSpec("float", (-1, 2))}, "inputs x .float."),
        ({"text": client.TensorSpec("string", (-1, 3))}, "inputs text .string."),
        ({}, "inputs of another signature"),
    ],
)
def test_a_model_that_takes_something_else_is_told(asked, tmp_path, monkeypatch, specs, received):
    signatures = {"serving_default": client.Signature(specs, {})}
    monkeypatch.setattr(FakeClient, "signatures", lambda *_: signatures)
    with pytest.raises(ValueError, match=f"mail at host:1 cannot be asked here.*{received}"):
        predict.predict("mail", ["hello"], "host:1", tmp_path, as_json=False)


def test_a_question_is_utf_8_in_any_locale(asked, tmp_path):
    typed = os.fsdecode(b"\xff") + "hello"  # As Python takes bytes that its locale has not.
    with pytest.raises(ValueError, match="The text must be UTF-8"):
        predict.predict("mail", [typed], "host:1", tmp_path, as_json=False)
    typed = "안녕".encode().decode("ascii", "surrogateescape")
    predict.predict("mail", [typed], "host:1", tmp_path, as_json=False)
    assert asked[-1][2] == {"text": ["안녕"]}


def test_an_image_is_sent_as_the_bytes_of_its_file(asked, workspace):
    whole = workspace / "whole.png"
    predict.predict("mail", [str(whole)], "images:1", workspace, as_json=False)
    assert asked == [("images:1", "mail", {"image_bytes": [whole.read_bytes()]})]


def test_an_image_that_no_server_reads_is_sent_as_training_got_it(asked, workspace):
    moving = workspace / "moving.webp"
    predict.predict("mail", [str(moving)], "images:1", workspace, as_json=False)
    sent = images.prepare(moving.read_bytes())
    assert sent.is_converted
    assert asked == [("images:1", "mail", {"image_bytes": [sent.data]})]


def test_a_missing_image_is_named(asked, tmp_path):
    with pytest.raises(ValueError, match="answers about images. There is no file 'no.png'"):
        predict.predict("mail", ["no.png"], "images:1", tmp_path, as_json=False)


def test_a_named_server_without_the_model_is_an_error(asked, tmp_path):
    with pytest.raises(ValueError, match="Servable not found"):
        predict.predict("other", ["hello"], "host:1", tmp_path, as_json=False)


def test_without_a_server_the_pushed_models_are_looked_through(asked, tmp_path):
    (tmp_path / "served" / "mail").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"No model 'other' was pushed.*Pushed models: mail\."):
        predict.predict("other", ["hello"], None, tmp_path, as_json=False)


def test_a_server_that_refuses_the_question_is_an_error(asked, running, tmp_path, monkeypatch):
    broken = client.ClientError("the model is broken", "INTERNAL", 500)
    monkeypatch.setattr(FakeClient, "refusal", broken)
    with pytest.raises(ValueError, match="the model is broken"):
        predict.predict("mail", ["hello"], None, tmp_path, as_json=False)


class Brightness(tf.Module):
    """Says of one image how light it is."""

    def __init__(self):
        self.labels = tf.Variable([["light", "dark"]])

    @tf.function(input_signature=[tf.TensorSpec([1], tf.string, "image_bytes")])
    def classify(self, image_bytes):
        pixels = tf.cast(decode.decode(image_bytes, 2), tf.float32)
        light = tf.reduce_mean(pixels, axis=(1, 2, 3)) / 255
        return {"labels": self.labels, "probabilities": tf.stack([light, 1 - light], 1)}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Where the model `photo` was pushed, with images beside it."""
    folder = tmp_path_factory.mktemp("workspace")
    model = Brightness()
    exported = str(folder / "served" / "photo" / "1")
    tf.saved_model.save(model, exported, {"serving_default": model.classify})
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    for name in ("whole.png", "whole.jpg"):
        Image.fromarray(noise).save(folder / name)
        (folder / name.replace("whole", "cut")).write_bytes((folder / name).read_bytes()[:900])
    Image.fromarray(noise).save(folder / "moving.webp", lossless=True)
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_text("no image", "utf-8")
    return folder


def test_an_image_is_answered_without_a_server(asked, workspace):
    whole = str(workspace / "whole.png")
    answer = predict.predict("photo", [whole], None, workspace, as_json=False)
    assert sorted(line.split()[0] for line in answer.splitlines()) == ["dark", "light"]


@pytest.mark.parametrize("name", ["cut.png", "cut.jpg", "empty.png", "text.png"])
def test_an_image_that_cannot_be_read_is_named(asked, workspace, name):
    with pytest.raises(ValueError, match=rf"The image '.*{name}' cannot be read: ") as caught:
        predict.predict("photo", [str(workspace / name)], None, workspace, as_json=False)
    assert "node" not in str(caught.value)  # Where in the graph is no help to anybody.


def test_an_export_that_is_broken_is_named(asked, workspace, tmp_path):
    broken = tmp_path / "served" / "photo" / "3"
    shutil.copytree(workspace / "served" / "photo" / "1", broken)
    (broken / "saved_model.pb").write_bytes(b"\xff" * 9)
    with pytest.raises(ValueError, match=f"{broken} cannot be loaded: .* Remove this version"):
        predict.predict("photo", ["a.png"], None, tmp_path, as_json=False)


def test_what_fails_for_other_reasons_stays_a_defect(asked, workspace, monkeypatch):
    def fail(*_):
        raise errors.ServingError("INTERNAL", "out of order")

    monkeypatch.setattr(saved_model.SavedModelPredictor, "predict", fail)
    whole = str(workspace / "whole.png")
    with pytest.raises(errors.ServingError, match="out of order"):
        predict.predict("photo", [whole], None, workspace, as_json=False)


class PairClient(FakeClient):
    """A server with a model of two texts that answers a number."""

    def signatures(self, model):
        inputs = {name: client.TensorSpec("string") for name in ("second", "first")}
        outputs = {"value": client.TensorSpec("float")}
        return {"serving_default": client.Signature(inputs, outputs)}

    def predict(self, model, inputs, signature):
        self.calls.append(inputs)
        return {"value": np.array([2.5])}


@pytest.mark.parametrize(
    "given", [["하나", "two"], ["second=two", "first=하나"]], ids=["in order", "by name"]
)
def test_a_model_of_two_texts_takes_both(monkeypatch, tmp_path, given):
    monkeypatch.setattr(client, "Client", PairClient)
    monkeypatch.setattr(FakeClient, "calls", [])
    assert predict.predict("alike", given, "host:1", tmp_path, as_json=False) == "2.5"
    assert FakeClient.calls == [{"first": ["하나"], "second": ["two"]}]
    answer = predict.predict("alike", given, "host:1", tmp_path, as_json=True)
    assert json.loads(answer) == {"value": 2.5}


@pytest.mark.parametrize("given", [["one"], ["1", "2", "3"], ["first=1", "first=2"]])
def test_too_few_inputs_or_too_many_are_refused_with_their_names(monkeypatch, tmp_path, given):
    monkeypatch.setattr(client, "Client", PairClient)
    with pytest.raises(ValueError, match=f"inputs are: first, second. Received {len(given)}"):
        predict.predict("alike", given, "host:1", tmp_path, as_json=False)


def test_inputs_stand_in_the_order_of_the_task_where_the_model_was_pushed(monkeypatch, tmp_path):
    folder = tmp_path / "served" / "alike" / "3"
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"")
    described = description.Description(
        kind="text_pair_regression",
        inputs=(description.Input("second", "text", "b"), description.Input("first", "text", "a")),
        labels={},
        shown_as="number",
        outputs=(),
        examples=(),
    )
    description.write(folder, described)
    monkeypatch.setattr(client, "Client", PairClient)
    monkeypatch.setattr(FakeClient, "calls", [])
    predict.predict("alike", ["하나", "two"], "host:1", tmp_path, as_json=False)
    assert FakeClient.calls == [{"second": ["하나"], "first": ["two"]}]
