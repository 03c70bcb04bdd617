"""Tests of what a config file may hold at all, before any field is looked at."""

import pytest

from pipeline.config import loading, problems


def refusal(path):
    with pytest.raises(problems.ConfigError) as caught:
        loading.load(path)
    return caught.value.problems


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"name: a\nname: b\n", "not YAML: the key 'name' is given twice (line 2, column 1)"),
        (b"a: {b: 1, b: 2}", "not YAML: the key 'b' is given twice (line 1, column 11)"),
        (b"? [a]\n: 3\n", "not YAML: found unhashable key (line 1, column 3)"),
        (b"a: [", "not YAML: expected the node content, but found '<stream end>'"),
        (b"name: \xff", "not UTF-8: byte 0xff at position 6"),
        (b"a: !!bool x", "not YAML: a tag (`!!...`) does not fit its value ('x')"),
        (b"a: !!int ''", "not YAML: a tag (`!!...`) does not fit its value"),
        (b"a: &x [*x]", "not YAML: found unconstructable recursive node (line 1, column 4)"),
        (b"a: " + b"[" * 600, "not YAML: it is nested too deeply"),
        (rb'name: "a\uDCFF"', r"not YAML: 'a\udcff' holds half of a character, by an escape"),
        (rb'"\uD83D": 1', r"not YAML: '\ud83d' holds half of a character, by an escape"),
        (rb'a: [{b: ["\uDE00\uD83D"]}]', r"not YAML: '\ude00\ud83d' holds half of a character"),
        (b"#" * 2**21, "more than 1 MiB, as no config has"),
        (
            b"a: &a ["
            + b"x, " * 9
            + b"]\nb: &b ["
            + b"*a, " * 99
            + b"]\nc: ["
            + b"*b, " * 999
            + b"]",
            "not YAML: its anchors stand for more than 100,000 values",
        ),
        (b"", "expected a mapping with the keys name, task, data and model, found nothing"),
        (b"- a", "expected a mapping with the keys name, task, data and model, found list"),
    ],
)
def test_a_file_that_is_no_yaml_mapping_is_refused(tmp_path, content, problem):
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    (found,) = refusal(path)
    assert found.startswith(problem)


def test_a_half_of_a_character_is_refused_in_settings_and_a_pair_of_escapes_is_read(tmp_path):
    path = tmp_path / "pairs.yaml"
    path.write_text(
        'name: mail\ntask: {kind: text_classification, text: "\\uD83D\\uDE00"}\n'
        "data: {source: {kind: csv, path: mail.csv}}\nmodel: {kind: text_cnn}\n"
    )
    assert loading.load(path).task.text == "\N{GRINNING FACE}"
    with pytest.raises(problems.ConfigError, match="holds half of a character"):
        loading.load(path, ['data.source.path="\\uDCFF.csv"'])
