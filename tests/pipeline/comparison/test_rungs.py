"""Tests of pipeline/comparison/rungs.py."""

import pathlib

import pytest
import yaml

from models import zoo
from pipeline.comparison import rungs
from pipeline.config import loading

TEXT = {
    "name": "mail",
    "task": {"kind": "text_classification"},
    "data": {"source": {"kind": "csv", "path": "mail.csv"}},
    "model": {"kind": "text_cnn", "sequence_length": 48, "kernel_sizes": [2]},
    "training": {"seed": 7, "epochs": 3},
    "tuning": {"space": {"training.learning_rate": {"values": [0.1, 0.2]}}},
}
IMAGE = {
    "name": "photos",
    "task": {"kind": "image_classification"},
    "data": {"source": {"kind": "image_folder", "path": "photos"}},
}


def text(**model):
    changed = TEXT | {"model": TEXT["model"] | model}
    return loading.from_mapping(changed, source="the test")


def image(size):
    model = {"kind": "resnet", "depth": 18, "stem": "small", "image_size": size}
    return loading.from_mapping(IMAGE | {"model": model}, source="the test")


@pytest.mark.parametrize("word", rungs.NAMES["text"])
def test_every_text_rung_has_the_configs_data_seed_and_length(word):
    rung = rungs.find(word, text(), "mail.yaml")
    assert rung.name == word
    assert rung.config.name == f"mail_{word}"
    assert rung.config.data == text().data
    assert rung.config.training.seed == 7
    assert rung.config.tuning is None
    assert rung.config.model.sequence_length % 48 == 0


def test_the_pretrained_rung_reads_no_more_tokens_than_its_preset_can():
    rung = rungs.find("pretrained_text", text(sequence_length=600), "mail.yaml")
    assert rung.config.model.sequence_length == 512


TOKENIZED = sorted(set(rungs.NAMES["text"]) - {"pretrained_text"})


@pytest.mark.parametrize("word", TOKENIZED)
@pytest.mark.parametrize("tokenizer", ["unigram", "characters"])
def test_text_rungs_cut_texts_as_the_configs_own_model_does(word, tokenizer):
    own = text(tokenizer=tokenizer, vocabulary_size=300)
    model = rungs.find(word, own, "mail.yaml").config.model
    assert model.tokenizer == tokenizer
    has_pairs = getattr(model, "ngrams", 1) == 2
    assert has_pairs == (word in ("tfidf", "naive_bayes") and tokenizer == "characters")
    assert model.vocabulary_size == (50_000 if has_pairs else 300)


def test_a_given_tokenizer_is_every_rungs():
    own = text(tokenizer="bpe", tokenizer_file="/of/mail/bpe.model")
    for word in TOKENIZED:
        model = rungs.find(word, own, "mail.yaml").config.model
        assert (model.tokenizer, model.tokenizer_file) == ("bpe", "/of/mail/bpe.model")


def test_without_a_tokenizer_in_the_config_tokens_are_words():
    own = loading.from_mapping(TEXT | {"model": {"kind": "pretrained_text"}}, source="the test")
    assert rungs.find("lstm", own, "mail.yaml").config.model.tokenizer == "words"


@pytest.mark.parametrize("size", [28, 32, 64, 128, 224])
@pytest.mark.parametrize("word", rungs.NAMES["image"])
def test_every_image_rung_fits_usual_sizes(word, size):
    assert rungs.find(word, image(size), "photos.yaml").config.model.image_size == size


@pytest.mark.parametrize("word", rungs.NAMES["image"])
def test_image_rungs_follow_their_schedule_to_its_end(word):
    training = rungs.find(word, image(32), "photos.yaml").config.training
    assert training.schedule.kind == "cosine"
    assert training.early_stopping is None


def test_a_model_of_the_zoo_has_its_defaults():
    rung = rungs.find("bag_of_words", text(), "mail.yaml")
    assert rung.config.model == zoo.MODELS["bag_of_words"].config()


def test_the_configs_own_model_is_a_rung_by_the_configs_name():
    rung = rungs.find("mail", text(), "mail.yaml")
    assert rung.config.model == text().model
    assert rung.config.training == text().training


def test_a_yaml_file_gives_its_model_and_training(tmp_path):
    path = tmp_path / "other.yaml"
    path.write_text(
        "name: other\ntask: {kind: text_classification}\n"
        "data: {source: {kind: sample, name: imdb_small}}\n"
        "model: {kind: recurrent, units: 5}\ntraining: {epochs: 2}\n"
    )
    rung = rungs.find(str(path), text(), "mail.yaml")
    assert (rung.name, rung.config.name) == ("other", "mail_other")
    assert (rung.config.model.units, rung.config.training.epochs) == (5, 2)
    assert rung.config.data == text().data


@pytest.mark.parametrize("name", ["mail", "lstm", "other"])
def test_two_rungs_of_one_name_are_refused(tmp_path, name):
    words = ["lstm", "mail"]
    for file in ("a.yaml", "b.yaml"):
        other = TEXT | {"name": name if file == "b.yaml" else "other"}
        (tmp_path / file).write_text(yaml.safe_dump(other))
        words.append(str(tmp_path / file))
    with pytest.raises(ValueError, match=rf"two rungs are called '{name}': .*b.yaml.*`name`"):
        rungs.find_all(words, text(), "mail.yaml")


def test_rungs_stand_in_the_order_of_the_words():
    found = rungs.find_all(["lstm", "mail", "bow"], text(), "mail.yaml")
    assert [rung.name for rung in found] == ["lstm", "mail", "bow"]


def test_an_unknown_word_is_met_with_the_closest_one():
    with pytest.raises(ValueError, match=r"'ltsm' is no rung. Did you mean 'lstm'"):
        rungs.find("ltsm", text(), "mail.yaml")


@pytest.mark.parametrize("word", ["vit", "resnet"])
def test_a_model_of_another_kind_of_data_is_refused(word):
    message = f"`model.kind: {word}` reads image, .*gives text. Models that fit: bag_of_words, "
    with pytest.raises(ValueError, match=message):
        rungs.find(word, text(), "mail.yaml")


def test_all_paths_in_the_yaml_of_a_rung_are_absolute(tmp_path):
    fields = {
        **TEXT,
        "runtime": {"schema": "mail.pbtxt"},
        "augmentation": [
            {"kind": "eda", "synonyms": [{"kind": "thesaurus", "path": "ko.tsv"}]},
            {"kind": "contextual", "preset": "./masked"},
            {"kind": "back_translation", "forward": "en_de", "backward": "http://host/v1/models/x"},
        ],
    }
    (tmp_path / "of").mkdir()
    (tmp_path / "modules/encoder").mkdir(parents=True)
    (tmp_path / "modules/encoder/saved_model.pb").touch()
    other = TEXT | {"name": "other", "model": {"kind": "hub_text", "handle": "modules/encoder"}}
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(other))
    rung = rungs.find(
        str(tmp_path / "other.yaml"), loading.from_mapping(fields, source="x"), "mail.yaml"
    )
    path = tmp_path / "of" / "rung.yaml"
    path.write_text(rungs.to_yaml(rung, pathlib.Path("/of/mail")), "utf-8")
    read = loading.load(path)
    assert read.model.handle == str(tmp_path / "modules/encoder")
    assert read.runtime.schema == "/of/mail/mail.pbtxt"
    eda, contextual, translated = read.augmentation
    assert eda.synonyms[0].path == "/of/mail/ko.tsv"
    assert contextual.preset == "/of/mail/masked"
    assert translated.forward == "/of/mail/en_de"
    assert translated.backward == "http://host/v1/models/x"


def test_the_yaml_of_a_rung_runs_from_any_folder(tmp_path):
    rung = rungs.find("lstm", text(), "mail.yaml")
    path = tmp_path / "rung.yaml"
    path.write_text(rungs.to_yaml(rung, pathlib.Path("/of/mail")), "utf-8")
    read = loading.load(path)
    assert read.data.source.path == "/of/mail/mail.csv"
    assert (read.model, read.training) == (rung.config.model, rung.config.training)


@pytest.mark.parametrize(
    ("size", "used", "patch"),
    [
        (8, 8, 1),
        (17, 16, 2),
        (28, 28, 2),
        (96, 96, 12),
        (97, 96, 12),
        (224, 224, 28),
        (227, 224, 28),
    ],
)
def test_a_vision_transformer_has_eight_to_sixteen_patches_a_side(size, used, patch):
    fields = rungs._patched("vit", size)
    assert (fields["image_size"], fields["patch_size"]) == (used, patch)
