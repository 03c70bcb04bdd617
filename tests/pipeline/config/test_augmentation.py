"""Tests of the `augmentation` section: what a YAML may say, where it is done, what is doubtful."""

import dataclasses
import json
import re

import pytest

from models.image.augmentation import label_safety
from models.tasks.task import Column
from pipeline import paths
from pipeline.config import augmentation, augmentation_files, loading, sections
from pipeline.config.problems import ConfigError

TEXTS = {
    "name": "mail",
    "task": {"kind": "text_classification"},
    "data": {"source": {"kind": "csv", "path": "mail.csv"}},
    "model": {"kind": "text_cnn"},
}
IMAGES = {
    "name": "photos",
    "task": {"kind": "image_classification"},
    "data": {"source": {"kind": "image_folder", "path": "photos"}},
    "model": {"kind": "resnet", "blocks": [1], "image_size": 8},
}
SEARCH = {"space": {"augmentation.0.probability": {"values": [0.1, 0.2]}}}


def load(base, *operations, **sections):
    data = base | {"augmentation": list(operations)} | sections
    return loading.from_mapping(data, source="the test")


@pytest.mark.parametrize(
    ("base", "operations", "sections", "message"),
    [
        (TEXTS, ["flip"], {}, r"operation `flip` is not for text .* contextual, eda"),
        (IMAGES, ["eda"], {}, r"operation `eda` is not for image .* crop, "),
        (TEXTS, ["edaa"], {}, r"Unknown operation 'edaa'. Did you mean 'eda'"),
        (TEXTS, [], {"copies": {"balance": True}}, r"copies.balance: .* `augmentation` is empty"),
        (TEXTS, ["eda"], {"copies": {"materialize": 2}}, "copies.materialize: is for images"),
        (IMAGES, ["mixup"], {"copies": {"materialize": 2}}, "`mixup`, which blends the answers"),
        (IMAGES, [{"kind": "crop", "padding": 8}], {}, "padding=8, model.image_size=8"),
        (
            IMAGES,
            ["flip"],
            {"copies": {"materialize": -1}},
            "copies.materialize: must be at least 0. Received: -1",
        ),
        (
            IMAGES,
            ["flip"],
            {"copies": {"materialize": 1}, "tuning": SEARCH},
            "tuning.space.augmentation.0.probability: .* `maru augment-test`",
        ),
        (
            TEXTS,
            ["eda"],
            {"tuning": {"space": {"augmentation.0.stop_words": {"values": ["none", "english"]}}}},
            "written before the search begins",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_terms_of_the_yaml(base, operations, sections, message):
    with pytest.raises(ConfigError, match=message):
        load(base, *operations, **sections)


NUMBERS = IMAGES | {
    "task": {"kind": "image_regression"},
    "data": {"source": {"kind": "csv", "path": "photos.csv"}},
}
SETS = TEXTS | {"task": {"kind": "text_multi_label"}}
PAIRS = TEXTS | {"task": {"kind": "text_pair_classification", "second": "reply"}}


@pytest.mark.parametrize("base", [NUMBERS, SETS], ids=["number", "categories"])
def test_labels_that_are_not_exactly_one_cannot_be_balanced(base):
    operation = "flip" if base is NUMBERS else "eda"
    message = r"copies.balance: .* have not exactly one label each. Received: True with task.kind"
    with pytest.raises(ConfigError, match=message):
        load(base, operation, copies={"balance": True})


@pytest.mark.parametrize("base", [NUMBERS, IMAGES], ids=["number", "category"])
def test_images_with_any_target_can_be_mixed(base):
    assert [one.kind for one in load(base, "cutmix", "mixup").augmentation] == ["cutmix", "mixup"]


def test_an_operation_may_vary_one_of_two_texts():
    (eda,) = load(PAIRS, {"kind": "eda", "columns": ["reply"]}).augmentation
    assert eda.columns == ("reply",)
    message = r"\[0\].columns: .* Received: \['second'\]. Columns with texts: first, reply"
    with pytest.raises(ConfigError, match=message):
        load(PAIRS, {"kind": "eda", "columns": ["second"]})


def test_a_target_that_copies_cannot_keep_is_refused():
    @dataclasses.dataclass(frozen=True)
    class Translation:
        kind: str = "translation"
        columns: tuple = (
            Column("from", "text", "input", "from"),
            Column("to", "text", "target", "to"),
        )
        sides: tuple = ()

    @dataclasses.dataclass(frozen=True)
    class Config:
        augmentation: tuple
        task: Translation = Translation()

    [problem] = augmentation.suits_the_targets(Config(load(TEXTS, "eda").augmentation))
    assert "task.kind=translation, whose `to` holds text" in problem.text


def test_the_search_may_vary_what_is_drawn_anew():
    assert load(IMAGES, "flip", tuning=SEARCH).tuning is not None


@pytest.mark.parametrize(
    ("found", "is_written", "learned"),
    [
        (lambda: load(TEXTS), False, []),
        (lambda: load(TEXTS, "eda"), True, []),
        (lambda: load(IMAGES, "flip"), False, ["flip"]),
        (lambda: load(IMAGES, "flip", copies={"balance": True}), True, ["flip"]),
        (lambda: load(IMAGES, "flip", copies={"materialize": 2}), True, []),
    ],
    ids=["none", "texts", "anew", "balanced", "materialized"],
)
def test_operations_are_done_once_by_the_stage_or_by_the_trainer(found, is_written, learned):
    settings = found()
    assert augmentation.writes_examples(settings) == is_written
    learner = sections.learner(settings, with_tuning=False)
    assert [operation.kind for operation in learner.augmentation] == learned
    assert loading.load_learner(loading.dump_learner(learner)) == learner


def test_operations_survive_json():
    operations = load(TEXTS, {"kind": "eda", "random_swap": {"n_aug": 3}}, "eda").augmentation
    assert loading.load_operations(loading.dump_operations(operations)) == operations


def test_all_commands_and_pipelines_of_a_workspace_share_translations(tmp_path):
    names = ("mail", "mail/augment_test", "letters")
    found = {augmentation.resources(load(TEXTS), paths.Paths(tmp_path, name)) for name in names}
    assert found == {json.dumps({"cache": str(tmp_path / "translations"), "columns": ["text"]})}


def test_paths_start_from_the_yaml_and_words_and_addresses_are_left(tmp_path):
    eda = {
        "kind": "eda",
        "synonyms": [{"kind": "thesaurus", "path": "ko.tsv"}, {"kind": "wordnet", "folder": "wn"}],
        "sentencepiece": "/abs/ko.model",
    }
    back = {
        "kind": "back_translation",
        "forward": "english",
        "backward": "http://host/v1/models/de",
    }
    one, two = augmentation_files.place(load(TEXTS, eda, back).augmentation, str(tmp_path))
    assert one.synonyms[0].path == str(tmp_path / "ko.tsv")
    assert one.synonyms[1].folder == str(tmp_path / "wn")
    assert (one.stop_words, one.sentencepiece) == ("english", "/abs/ko.model")
    assert (two.forward, two.backward) == (str(tmp_path / "english"), "http://host/v1/models/de")


def test_presets_are_folders_beside_the_yaml_or_stay_as_they_are(tmp_path):
    for name in ("ko_bert", "minilm"):
        (tmp_path / name).mkdir()
    sources = [{"kind": "vectors", "preset": "ko_bert"}, {"kind": "vectors"}]
    eda = {"kind": "eda", "synonyms": sources}
    names = ("ko_bert", "bert_tiny_en_uncased", "hf://organisation/ko_bert")
    masked = [{"kind": "contextual", "preset": name} for name in names]
    operations = load(TEXTS, eda, *masked).augmentation
    first, *others = augmentation_files.place(operations, str(tmp_path))
    folder = str(tmp_path / "ko_bert")
    assert [source.preset for source in first.synonyms] == [folder, "minilm"]
    assert [operation.preset for operation in others] == [folder, *names[1:]]


def test_everything_that_is_not_there_is_told_by_its_field(tmp_path):
    eda = {
        "kind": "eda",
        "synonyms": [
            {"kind": "vectors", "path": "glove.txt"},
            {"kind": "thesaurus", "path": "ko.tsv"},
            {"kind": "wordnet", "folder": "wn"},
        ],
        "stop_words": "none",
        "sentencepiece": "ko.model",
    }
    back = {"kind": "back_translation", "forward": "nowhere", "backward": "http://host:1/models/x"}
    (tmp_path / "ko.tsv").write_text("크다\t커다랗다\n", "utf-8")
    (tmp_path / "wn").write_text("no folder")
    problems = augmentation_files.missing(load(TEXTS, eda, back).augmentation, tmp_path)
    found = [(problem.path, problem.text) for problem in problems]
    assert [field for field, _ in found] == [
        "augmentation[0].sentencepiece",
        "augmentation[0].synonyms[0].path",
        "augmentation[0].synonyms[2].folder",
        "augmentation[1].forward",
    ]
    assert found[3][1].startswith(
        f"there is no folder {tmp_path / 'nowhere'}. Expected: an existing folder, absolute or "
        "relative to the YAML. Received: 'nowhere'. Correct"
    )
    assert "there is no file" in found[1][1]
    assert not any("http://" in said for _, said in found)


@pytest.mark.parametrize("address", ["localhost:8501/v1/models/en_de", "10.0.0.5:8501"])
def test_a_server_without_http_is_hinted_at(address, tmp_path):
    back = {"kind": "back_translation", "forward": str(tmp_path), "backward": address}
    [problem] = augmentation_files.missing(load(TEXTS, back).augmentation, tmp_path)
    assert problem.path == "augmentation[0].backward"
    assert problem.text.endswith(f" write http://{address}")


def test_sources_of_synonyms_that_nothing_seeks_may_be_missing(tmp_path):
    off = {"n_aug": 0}
    eda = {"kind": "eda", "synonyms": [{"kind": "thesaurus", "path": "ko.tsv"}]}
    [problem] = augmentation_files.missing(load(TEXTS, eda).augmentation, tmp_path)
    assert problem.path == "augmentation[0].synonyms[0].path"
    eda |= {"synonym_replacement": off, "random_insertion": off}
    assert list(augmentation_files.missing(load(TEXTS, eda).augmentation, tmp_path)) == []


def test_another_file_is_another_fingerprint(tmp_path):
    eda = {"kind": "eda", "synonyms": [{"kind": "thesaurus", "path": "ko.tsv"}]}
    operations = augmentation_files.place(load(TEXTS, eda).augmentation, str(tmp_path))
    found = [augmentation_files.hash_files(operations)]
    for content in ("크다\t커다랗다\n", "작다\t조그맣다\n크다\t커다랗다\n"):
        (tmp_path / "ko.tsv").write_text(content)
        found.append(augmentation_files.hash_files(operations))
    assert len(set(found)) == 3
    assert augmentation_files.hash_files(operations) == found[2]


@pytest.mark.parametrize(
    ("operation", "labels", "message"),
    [
        ("flip", "0123456789", r"`augmentation\[0\]` \(flip\) mirrors images, .* characters \(0, "),
        ("flip", ["turn_left", "turn_right"], r"labels name a side \(turn_left, turn_right\)"),
        ({"kind": "rotation", "degrees": 180.0}, "69", "a 6 may become a 9"),
        ({"kind": "rotation", "degrees": 180.0}, ["cat", "dog"], "upside down"),
        ("flip", ["00", "07", "10"], "look like characters"),
        ("flip", ["digit_6", "digit9"], "look like characters"),
        ("flip", ["Seven", "nine"], "look like characters"),
        ("flip", ["LeftTurn", "RightTurn"], "labels name a side"),
        ("flip", ["LEFT", "RIGHT"], "labels name a side"),
        ("equalise", ["red car", "blue car"], "labels name colours"),
        ("augmix", ["red car", "blue car"], "labels name colours"),
        ("hue", ["red car", "blue car"], r"labels name colours \(blue car, red car\)"),
    ],
)
def test_operations_that_labels_may_not_survive_are_doubted(operation, labels, message):
    (doubt,) = label_safety.doubts(load(IMAGES, operation).augmentation, list(labels))
    assert re.search(message, doubt)
    assert "It assumes: " in doubt


@pytest.mark.parametrize(
    ("operation", "labels"),
    [
        ("flip", ["cat", "dog"]),
        ("flip", ["class 11", "class 12"]),
        ("flip", ["type_a", "type_b"]),
        ({"kind": "rotation", "degrees": 15.0}, "0123456789"),
        ("crop", "0123456789"),
        ("hue", ["cat", "dog"]),
    ],
)
def test_what_labels_survive_is_not_doubted(operation, labels):
    assert label_safety.doubts(load(IMAGES, operation).augmentation, list(labels)) == []


def test_operations_on_texts_are_not_doubted_by_names():
    assert label_safety.doubts(load(TEXTS, "eda").augmentation, ["0", "1"]) == []


def test_translators_are_found_by_the_names_that_they_were_pushed_by(tmp_path):
    served = tmp_path / "served"
    for folder in (served / "en_de", served / "de_en", tmp_path / "de_en"):
        folder.mkdir(parents=True)
    back = {"kind": "back_translation", "forward": "en_de", "backward": "de_en"}
    other = {"kind": "back_translation", "forward": "http://host/v1/models/x", "backward": "no"}
    operations = load(TEXTS, back, other).augmentation
    found, same = augmentation_files.by_name(operations, tmp_path, served)
    # A folder beside the YAML comes first.
    assert (found.forward, found.backward) == (str(served / "en_de"), "de_en")
    assert same == operations[1]
    [problem] = augmentation_files.missing([found, same], tmp_path)
    assert problem.path == "augmentation[1].backward"
    assert problem.text.endswith(
        "a model of `sequence_to_sequence` that was pushed in this workspace."
    )
