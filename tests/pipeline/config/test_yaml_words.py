"""Tests of pipeline/config/yaml_words.py, and of words that YAML takes for no text."""

import pytest

from pipeline.config import loading, problems, yaml_words

FIELDS = {
    "name": "x",
    "task": "{kind: text_classification, text: text, label: label}",
    "data": "{source: {kind: csv, path: a.csv}}",
    "model": "{kind: bag_of_words}",
}


def load(tmp_path, overrides=(), **fields):
    path = tmp_path / "c.yaml"
    path.write_text("\n".join(f"{k}: {v}" for k, v in {**FIELDS, **fields}.items()), "utf-8")
    return loading.load(path, overrides)


def told(tmp_path, overrides=(), **fields):
    with pytest.raises(problems.ConfigError) as caught:
        load(tmp_path, overrides, **fields)
    return caught.value.problems


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("no", "as false"),
        ("Yes", "as true"),
        ("on", "as true"),
        ("OFF", "as false"),
        ("true", "as true"),
        ("~", "as nothing"),
        ("null", "as nothing"),
        ("2020", "as a number"),
        ("1_000", "as the number 1000"),
        ("0777", "as the number 511"),
        ("0x1F", "as the number 31"),
        ("12:30", "as the number 750"),
        ("1.50", "as the number 1.5"),
        (".inf", "as the number inf"),
    ],
)
def test_a_column_whose_name_yaml_takes_for_something_else_is_told(tmp_path, word, kind):
    (line,) = told(tmp_path, task=f"{{kind: text_classification, label: {word}}}")
    assert line.startswith("task.label: expected text, received ")
    assert line.endswith(f"YAML reads the word {word} {kind}; write it in quotes: '{word}'")
    assert load(tmp_path, task=f"{{kind: text_classification, label: '{word}'}}")


@pytest.mark.parametrize(
    ("fields", "path", "word"),
    [
        ({"name": "on"}, "name", "on"),
        ({"evaluation": "{slices: [text_length, off]}"}, "evaluation.slices[1]", "off"),
        ({"data": "{source: {kind: csv, path: 5}}"}, "data.source.path", "5"),
        (
            {"data": "{source: {kind: csv, path: a, encoding: 949}}"},
            "data.source.encoding",
            "949",
        ),
        (
            {"data": "{source: {kind: csv, path: a}, split: {column: no}}"},
            "data.split.column",
            "no",
        ),
        ({"training": "{optimizer: off}"}, "training.optimizer", "off"),
    ],
)
def test_every_field_of_text_tells_it(tmp_path, fields, path, word):
    (line,) = told(tmp_path, **fields)
    assert line.startswith(f"{path}: ") and f"YAML reads the word {word} " in line


def test_a_word_that_is_set_is_told_as_it_was_typed(tmp_path):
    (line,) = told(tmp_path, ["task.label=yes"])
    assert "YAML reads the word yes as true" in line


def test_nothing_is_told_of_as_nothing(tmp_path):
    (line,) = told(tmp_path, task="{kind: text_classification, label: }")
    assert line == "task.label: expected text, received None. Nothing stands there"


def test_a_kind_is_told_as_it_is_written(tmp_path):
    (line,) = told(tmp_path, data="{source: {kind: no, path: a}}")
    assert "unknown kind 'no'" in line


def test_dates_and_keys_are_words(tmp_path):
    loaded = load(
        tmp_path,
        task="{kind: text_classification, label: 2020-01-01}",
        training="{class_weights: {no: 1.0, 01: 2.0, 2020-01-02: 3.0}}",
    )
    assert loaded.task.label == "2020-01-01"
    assert loaded.training.class_weights == {"no": 1.0, "01": 2.0, "2020-01-02": 3.0}
    assert told(tmp_path, **{"2020-01-01": "x"})[0].startswith("2020-01-01: unknown key")


@pytest.mark.parametrize("value", ["!!binary aGk=", "!!set {a}"])
def test_values_with_tags_are_refused(tmp_path, value):
    (line,) = told(tmp_path, task=f"{{kind: text_classification, label: {value}}}")
    assert "a value with a tag" in line


def test_merged_mappings_still_merge():
    data, _ = yaml_words.parse("a: &x {no: 1}\nb: {<<: *x, c: 2}")
    assert data == {"a": {"no": 1}, "b": {"no": 1, "c": 2}}


@pytest.mark.parametrize(
    "text", ["a: !!bool maybe", "a: !!int x", "a: " + "[" * 5000, "a: [", "*x"]
)
def test_what_is_no_yaml_is_a_value_error_on_one_line(text):
    with pytest.raises(ValueError) as caught:
        yaml_words.parse(text)
    assert "\n" not in str(caught.value)
