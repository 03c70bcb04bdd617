"""Tests of pipeline/config/{model_files,relative_paths}.py: where a YAML's model files are."""

import os
import pathlib

import pytest

from pipeline.config import loading, model_files, relative_paths, sections

YAML = """\
name: mail
task: {{kind: {task}_classification}}
data: {{source: {{kind: csv, path: mail.csv}}}}
model: {{{model}}}
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load a YAML in a folder that is not the current one."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "mine").mkdir()

    def load_config(model, more="", overrides=()):
        path = tmp_path / "mail.yaml"
        text = YAML.format(task="image" if "image" in model else "text", model=model) + more
        if "image" in model:
            text = text.replace("csv, path: mail.csv", "image_folder, path: photos")
        path.write_text(text, encoding="utf-8")
        return loading.load(path, overrides)

    return load_config


@pytest.mark.parametrize(
    ("model", "field", "expected"),
    [
        ("kind: hub_text, handle: modules/encoder", "handle", "modules/encoder"),
        ("kind: hub_image, handle: encoder.tar.gz, image_size: 8", "handle", "encoder.tar.gz"),
        ("kind: pretrained_text, preset: mine", "preset", "mine"),
        ("kind: pretrained_text, preset: ./mine", "preset", "mine"),
        ("kind: pretrained_text, preset: not/there", "preset", "not/there"),
        ("kind: pretrained_image, weights: no_top.h5", "weights", "no_top.h5"),
        ("kind: text_cnn, tokenizer: bpe, tokenizer_file: ko.model", "tokenizer_file", "ko.model"),
    ],
)
def test_model_files_are_beside_the_yaml_from_wherever_it_is_run(
    load, tmp_path, model, field, expected
):
    assert getattr(load(model).model, field) == str(tmp_path / expected)


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("kind: pretrained_text", "preset"),
        ("kind: pretrained_text, preset: minilm", "preset"),
        ("kind: pretrained_text, preset: bert_tiny_en_uncased", "preset"),
        ("kind: pretrained_text, preset: hf://mine/bert", "preset"),
        ("kind: pretrained_text, preset: no_such_preset", "preset"),
        ("kind: pretrained_image, preset: ResNet50", "preset"),
        ("kind: pretrained_image", "weights"),
        ("kind: pretrained_image, weights: none", "weights"),
        ("kind: hub_text, handle: https://tfhub.dev/a/b/1", "handle"),
        ("kind: hub_text, handle: kaggle://a/b/tensorFlow2/c", "handle"),
        ("kind: text_cnn", "tokenizer_file"),
        ("kind: hub_text, handle: /abs/encoder", "handle"),
    ],
)
def test_names_addresses_and_absolute_paths_stay_as_they_are(load, model, field):
    written = dict(pair.split(": ", 1) for pair in model.split(", "))
    loaded = load(model).model
    default = type(loaded).__dataclass_fields__[field].default
    assert getattr(loaded, field) == written.get(field, default)


@pytest.mark.parametrize("name", ["minilm", "bert_tiny_en_uncased", "resnet50"])
def test_a_published_name_is_no_folder_even_if_there_is_one(tmp_path, name):
    (tmp_path / name).mkdir()
    assert relative_paths.place_preset(name, tmp_path) == name
    assert relative_paths.place_preset(f"./{name}", tmp_path) == str(tmp_path / name)


def test_the_home_folder_can_be_written_with_a_tilde(load):
    loaded = load("kind: hub_text, handle: ~/encoder")
    assert loaded.model.handle == os.path.expanduser("~/encoder")


def test_paths_given_by_set_and_tried_by_a_search_are_beside_the_yaml_too(load, tmp_path):
    space = "tuning: {space: {model.preset: {values: [minilm, ./mine]}}}"
    loaded = load("kind: pretrained_text", space, ["model.preset=./mine"])
    mine = str(tmp_path / "mine")
    assert loaded.model.preset == mine
    assert loaded.tuning.space["model.preset"].values == ("minilm", mine)
    learner = sections.learner(loaded, with_tuning=True)
    assert set(model_files.list_files(learner)) == {pathlib.Path(mine)}


def test_published_models_are_made_from_no_files_of_the_user(load):
    loaded = load("kind: pretrained_image, weights: none")
    assert list(model_files.list_files(sections.learner(loaded, with_tuning=False))) == []
