"""Tests that one look at a YAML tells everything that is wrong with it, in its order."""

import re

import pytest

from pipeline.config import loading
from pipeline.config.problems import ConfigError

TEXTS = "name: reviews\ntask: {kind: text_classification}\n"
DATA = "data: {source: {kind: csv, path: reviews.csv}}\n"


@pytest.fixture
def told(tmp_path):
    """What is wrong with a YAML beside `reviews.csv`: paths, and the whole lines."""

    def load(text, *overrides):
        (tmp_path / "reviews.csv").write_text("text,label\ngood,1\n", "utf-8")
        path = tmp_path / "reviews.yaml"
        path.write_text(text, "utf-8")
        with pytest.raises(ConfigError) as caught:
            loading.load_to_run(path, overrides, tmp_path)
        lines = caught.value.problems
        return [line.partition(": ")[0] for line in lines], lines

    return load


def test_mistakes_of_every_kind_are_told_in_the_order_of_the_yaml(told):
    paths, lines = told("""\
name: My reviews
evaluation: {may_lose: {accuracy: -1}, must_reach: {acuracy: 0.5, accuracy: 80}}
task: {kind: text_classification, labl: stars}
data: {source: {kind: csv, path: nowhere.csv, delimiter: "::"}, split: {train: 0}}
model: {kind: pretrained_text, preset: encoders/mine, trainable_layers: -1, fine_tuning: gradual}
training: {batch_size: -1, schedule: cosin, class_weights: balancd, epochs: 1}
augmentation: [{kind: eda, stop_words: stop.txt, random_swap: {n_aug: -1}}, edaa, flip]
tuning:
  space:
    training.learning_rate: {log: [1.0e-2, 1.0e-4]}
    training.batch_sise: {values: [1, 2]}
    modle.dropout: {values: [0.1]}
  objective: val_acuracy
runtime: {schema: schema.pbtxt}
trainer: {}
""")
    assert paths == [
        "name",
        "evaluation.may_lose.accuracy",
        "evaluation.must_reach.acuracy",
        "evaluation.must_reach.accuracy",
        "task.labl",
        "data.source.path",
        "data.source.delimiter",
        "data.split.train",
        "model.preset",
        "model.trainable_layers",
        "training.batch_size",
        "training.schedule",
        "training.class_weights",
        "training.epochs",
        "augmentation[0].stop_words",
        "augmentation[0].random_swap.n_aug",
        "augmentation[1]",
        "augmentation[2]",
        "tuning.space.training.learning_rate.log",
        "tuning.space.training.batch_sise",
        "tuning.space.modle.dropout",
        "tuning.objective",
        "runtime.schema",
        "trainer",
    ]
    found = dict(line.split(": ", 1) for line in lines)
    assert found["training.epochs"].startswith("`fine_tuning: gradual` trains the head alone")
    assert found["augmentation[2]"].startswith("the operation `flip` is not for text data")
    assert found["tuning.space.training.batch_sise"].endswith("Did you mean 'batch_size'?")
    assert found["tuning.objective"].endswith("Received: 'val_acuracy'")


def test_a_rule_on_two_sections_is_told_with_mistakes_inside_them(told):
    paths, _ = told(
        TEXTS
        + DATA
        + "model: {kind: resnet, blocks: [1], width: 0, recipe: {elu_alpha: 0.5, l1: -1}}\n"
        + "training: {seed: -1}\ndoctor: {stop_on: allways}\ncopies: {balance: true}\n"
    )
    assert paths == [
        "model.kind",
        "model.width",
        "model.recipe.elu_alpha",
        "model.recipe.l1",
        "training.seed",
        "doctor.stop_on",
        "copies.balance",
    ]


def test_a_rule_that_needs_a_wrong_field_says_nothing(told):
    head_first = "model: {kind: pretrained_text, fine_tuning: head_first}\n"
    assert told(TEXTS + DATA + head_first + "training: {epochs: one}")[0] == ["training.epochs"]
    cnn = "model: {kind: text_cnn, sequence_length: -4, kernel_sizes: [999]}\n"
    assert told(TEXTS + DATA + cnn)[0] == ["model.sequence_length"]


def test_fields_of_one_section_are_compared_though_a_key_beside_them_is_wrong(told):
    cnn = "model: {kind: text_cnn, filterz: 3, sequence_length: 4, kernel_sizes: [5]}\n"
    paths, lines = told(TEXTS + DATA + cnn)
    assert paths == ["model", "model.filterz"]
    assert "`kernel_sizes` must not exceed `sequence_length` (4 tokens)" in lines[0]


def test_a_kind_that_is_no_word_hides_nothing_else(told):
    paths, _ = told(TEXTS + DATA + "model: {kind: [cnn]}\ntraining: {epochs: 0}\nrunner: x\n")
    assert paths == ["model", "training.epochs", "runner"]


def test_what_is_missing_is_told_after_what_is_there(told):
    paths, _ = told("name: reviews\nmodel: {kind: hub_text}\ntraining: {epochs: 0}")
    assert paths == ["model.handle", "training.epochs", "task", "data"]


@pytest.mark.parametrize(
    ("model", "path", "message"),
    [
        ("hub_text, handle: modules/mine", "model.handle", "no folder or archive .*/modules/mine"),
        ("pretrained_text, preset: ./mine", "model.preset", "there is no folder .*/mine"),
        ("pretrained_text, preset: minilmm", "model.preset", "Unknown preset 'minilmm'"),
        ("text_cnn, tokenizer: bpe, tokenizer_file: a.model", "model.tokenizer_file", "a.model"),
    ],
)
def test_a_model_that_is_not_there_is_found_before_anything_is_run(told, model, path, message):
    paths, [line] = told(f"{TEXTS}{DATA}model: {{kind: {model}}}\n")
    assert paths == [path]
    assert re.search(message, line)


def test_models_that_a_search_would_try_in_vain_are_told(told, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/saved_model.pb").write_bytes(b"")
    space = "tuning: {space: {model.handle: {values: [mine, yours]}}}\n"
    paths, [line] = told(f"{TEXTS}{DATA}model: {{kind: hub_text, handle: mine}}\n{space}")
    assert paths == ["tuning.space.model.handle"]
    assert "yours" in line


def test_a_file_of_weights_that_is_not_there_is_told(told):
    model = "model: {kind: pretrained_image, preset: mobilenet_v2, weights: mine.h5}\n"
    paths, lines = told(
        "name: photos\ntask: {kind: image_classification}\n"
        "data: {source: {kind: image_table, path: reviews.csv, images: photos}}\n" + model
    )
    assert paths == ["data.source.images", "model.weights"]
    assert "mine.h5" in lines[1]


def test_every_wrong_set_is_told(told):
    model = "model: {kind: text_cnn}\naugmentation: [eda]\n"
    _, lines = told(TEXTS + DATA + model, "training.epochs", "augmentation.3.kind=eda")
    assert [line.split(" is ")[0] for line in lines] == [
        "'training.epochs'",
        "augmentation.3.kind: '3'",
    ]
