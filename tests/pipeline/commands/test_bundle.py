"""Tests of pipeline/commands/bundle.py: from pushed models to a folder, and what is refused."""

import json

import numpy as np
import pytest
import yaml

from pipeline import cli_models
from pipeline.commands import bundle
from serving import process
from serving.export import reference


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """A SavedModel that multiplies, and the length of a text's bytes as its label."""
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self):
            self.weights = tf.Variable([[0.31]])

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "text")])
        def answer(self, text):
            length = tf.cast(tf.strings.length(text), tf.float32)[:, None]
            return {"score": length @ self.weights, "label": tf.strings.upper(text)}

    model = Model()
    path = tmp_path_factory.mktemp("export") / "1"
    tf.saved_model.save(model, str(path), {"serving_default": model.answer})
    return path


@pytest.fixture
def push(export, tmp_path):
    """Puts a version where `maru run` does, with the run it came from."""
    import shutil

    def call(name="reviews", version=5, run="3"):
        folder = tmp_path / "served" / name / str(version)
        shutil.copytree(export, folder)
        (folder / "assets.extra").mkdir()
        trainer = tmp_path / "runs" / name / "artifacts" / "Trainer"
        (folder / "assets.extra" / "maru_source").write_text(f"/elsewhere/Trainer/model/{run}")
        (trainer / "model_run" / run).mkdir(parents=True)
        texts = np.array([b"a", b"bb", "셋".encode()], object)
        outputs = {
            "score": np.array([[0.31], [0.62], [0.93]], np.float32),
            "label": np.array([b"A", b"BB", "셋".encode()], object),
        }
        reference.save(
            trainer / "model_run" / run / "reference.npz",
            {"serving_default": {"inputs": {"text": texts}, "outputs": outputs}},
        )
        return folder

    return call


@pytest.fixture
def write_bundle(maru, monkeypatch, tmp_path):
    """`maru bundle`: names and options in; exit code, output and errors out."""
    monkeypatch.setattr(process, "skip_keras", lambda: None)  # It is for a process of its own.
    quick = ["--max-batch-size", 2, "--callers", 2, "--seconds", 0.05]
    return lambda *arguments: maru("bundle", *arguments, *quick, "--workspace", tmp_path)


def test_a_bundle_has_the_newest_version_and_its_twin(write_bundle, push, tmp_path):
    push(version=5)
    push(version=12, run="4")
    output = tmp_path / "out"
    code, out, err = write_bundle("reviews", "--output", output, "--dtype", "bfloat16")
    assert (code, err) == (0, "")
    assert "for TensorFlow Serving 2.19.1" in out
    assert "reviews_bf16: largest difference" in out
    assert f"start:  {output / 'README.md'}" in out
    assert {p.name for p in (output / "models").iterdir()} == {"reviews", "reviews_bf16"}
    assert [p.name for p in (output / "models/reviews").iterdir() if p.is_dir()] == ["12"]
    assert json.loads((output / "sweep.json").read_text()).keys() == {"reviews", "reviews_bf16"}
    compose = yaml.safe_load((output / "docker-compose.yml").read_text())
    assert compose["services"]["serving"]["image"] == "tensorflow/serving:2.19.1"
    assert "1 products in bfloat16" in (output / "README.md").read_text()


def test_an_existing_output_is_kept_without_force(write_bundle, push, tmp_path):
    push()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("")
    code, _, err = write_bundle("reviews", "--output", tmp_path / "out")
    assert code == 2
    assert "is already there. Choose another --output, or replace it with --force." in err
    assert (tmp_path / "out" / "mine").exists()
    code, _, _ = write_bundle("reviews", "--output", tmp_path / "out", "--force")
    assert code == 0
    assert not (tmp_path / "out" / "mine").exists()


def test_an_unknown_name_is_refused_with_a_suggestion(write_bundle, push, tmp_path):
    push()
    code, _, err = write_bundle("review", "--output", tmp_path / "out")
    assert code == 2
    assert f"No model 'review' was pushed to {tmp_path / 'served'}. Did you mean 'reviews'?" in err
    assert "Pushed models: reviews." in err
    assert not (tmp_path / "out").exists()


def test_nothing_pushed_says_what_to_run(write_bundle):
    code, _, err = write_bundle("reviews")
    assert code == 2
    assert "Pushed models: none. Train one with `maru run CONFIG`." in err


def test_a_model_without_a_version_is_refused(write_bundle, tmp_path):
    (tmp_path / "served" / "reviews" / "5").mkdir(parents=True)
    code, _, err = write_bundle("reviews")
    assert code == 2
    assert "has no version of 'reviews' with a saved_model.pb" in err


def test_a_run_that_is_gone_is_named(write_bundle, push, tmp_path):
    push(run="9")
    missing = tmp_path / "runs/reviews/artifacts/Trainer/model_run/9/reference.npz"
    missing.unlink()
    code, _, err = write_bundle("reviews")
    assert code == 2
    assert f"The run that trained reviews version 5 is gone: {missing} is missing." in err


def test_a_model_that_does_not_load_leaves_nothing_behind(write_bundle, push, tmp_path):
    (push() / "variables" / "variables.index").write_bytes(b"broken")
    code, _, err = write_bundle("reviews", "--output", tmp_path / "out")
    assert code == 2
    assert "reviews does not answer the examples of its own run" in err
    assert {p.name for p in tmp_path.iterdir()} == {"served", "runs"}


def test_a_file_that_is_no_model_is_named(write_bundle, push, tmp_path):
    (push() / "saved_model.pb").write_bytes(b"broken")
    code, _, err = write_bundle("reviews", "--output", tmp_path / "out")
    assert code == 2
    assert "saved_model.pb cannot be read" in err


def test_the_same_name_twice_is_one_model(push, tmp_path, monkeypatch):
    push()
    seen = []
    monkeypatch.setattr(bundle, "_bundle", lambda found, *_: seen.extend(found))
    options = {"dtypes": (), "max_batch_size": 2, "callers": 2, "seconds": 1.0, "force": False}
    request = bundle.BundleOptions(("reviews", "reviews"), tmp_path / "out", None, **options)
    bundle.bundle(request, tmp_path)
    assert [found.name for found in seen] == ["reviews"]


def test_the_releases_on_the_command_line_are_those_that_are_known():
    from serving.bundle.releases import RELEASES
    from serving.bundle.twins import SUFFIXES

    options = {option.name: option for option in cli_models.bundle.params}
    assert list(options["serving_version"].type.choices) == list(RELEASES)
    assert list(options["dtypes"].type.choices) == list(SUFFIXES)
