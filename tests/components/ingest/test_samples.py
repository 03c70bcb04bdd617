"""Tests of components/ingest/samples."""

import csv
import pathlib

import pytest

from components.ingest import config, errors, fingerprint, preview
from components.ingest.samples import (
    function_choices,
    function_docs,
    function_tasks,
    imdb_small,
    library_docs,
    parameter_questions,
    table,
)


def test_imdb_small_has_a_hundred_reviews(tmp_path):
    features = [config.Feature("text", "text"), config.Feature("label", "category")]
    data = config.DataConfig(config.SampleSource("imdb_small"))
    found = preview.preview(data, features, "", str(tmp_path))
    assert found.counts.num_rows == 100
    assert found.problems == ()


def test_imdb_small_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(imdb_small.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(errors.DataError, match="Install tfx, or use the sample library_docs"):
        imdb_small.write(tmp_path)


def test_digits_are_written_once(tmp_path):
    source = table.materialise("digits", str(tmp_path))
    first = sorted(pathlib.Path(source.path).rglob("*.png"))
    times = [file.stat().st_mtime_ns for file in first]
    assert len(first) == 1797
    assert table.materialise("digits", str(tmp_path)) == source
    assert [file.stat().st_mtime_ns for file in first] == times
    assert [f.name for f in tmp_path.iterdir()] == [pathlib.Path(source.path).name]


def test_an_interrupted_sample_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(folder):
        (folder / "half").write_text("x")
        raise KeyboardInterrupt

    monkeypatch.setattr(imdb_small, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        table.materialise("imdb_small", str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_samples_are_known_by_the_versions_of_their_libraries(tmp_path, monkeypatch):
    data = config.DataConfig(config.SampleSource("digits"))
    before = fingerprint.fingerprint(data, (), "")
    monkeypatch.setattr(table, "_version", lambda name: "99.0")
    assert fingerprint.fingerprint(data, (), "") != before


SENTENCE = "Compute the distance between all pairs of rows of the two given matrices."


@pytest.mark.parametrize(
    "paragraph",
    [
        "Too short to tell.",
        SENTENCE.replace("matrices", "numpy matrices"),
        SENTENCE.replace("matrices", "SCIKIT_LEARN_DATA folders"),
        SENTENCE.replace("matrices", "scipy.sparse matrices"),
        SENTENCE.replace("matrices", "_private matrices"),
        SENTENCE.replace("matrices", "matrices, see https://example.org"),
        ".. versionadded:: 1.2 " + SENTENCE,
        "Args: " + SENTENCE,
        "x : array " + SENTENCE,
        SENTENCE[:-1],
        SENTENCE.lower(),
        SENTENCE.replace("rows", "π"),
        "A1 b2 c3 d4 e5 f6 g7 h8 i9 j0 k1 l2 m3 n4.",
    ],
)
def test_paragraphs_that_are_no_sentence_or_give_themselves_away_are_left_out(paragraph):
    assert library_docs.clean(paragraph) is None


def test_markup_is_removed():
    marked = SENTENCE.replace("rows", ":class:`~.Row`s").replace("all", "``all``")
    assert library_docs.clean(marked.replace("given", "*given*")) == SENTENCE.replace(
        "rows", "Rows"
    )


def test_texts_of_several_libraries_and_near_copies_are_left_out():
    found = {
        "b": ["One two three four five six b.", "Shared by both, said twice.", "Other words here."],
        "a": [
            "Shared by both: said twice!",
            "One two three four five six 7.",
            "One two three four five six 8.",
        ],
    }
    assert library_docs.choose(found) == {
        "a": library_docs.choose({"a": found["a"][1:]})["a"],
        "b": sorted([found["b"][0], found["b"][2]], key=library_docs.hash_of),
    }
    assert len(library_docs.choose(found)["a"]) == 1


def test_five_libraries_are_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(library_docs, "LIBRARIES", {"nltk": "nltk"})
    with pytest.raises(errors.DataError, match="5 of these libraries: nltk. Installed: nltk"):
        library_docs.write(tmp_path)


def test_the_written_table_is_balanced_and_repeatable(tmp_path, monkeypatch):
    packages = {}
    for index, name in enumerate("abcde"):
        package = tmp_path / name
        (package / "tests").mkdir(parents=True)
        text = SENTENCE.replace("rows", f"{name * 3} rows")
        (package / "m.py").write_text(f'def f():\n    """{text}\n\n    {text}"""\n')
        (package / "tests" / "test_m.py").write_text(f'def g():\n    """Of tests. {SENTENCE}"""\n')
        (package / "broken.py").write_text("def :")
        packages[name] = package
        assert library_docs.paragraphs(package) == [text, text], index
    monkeypatch.setattr(library_docs, "installed", lambda _: packages)
    library_docs.write(tmp_path)
    with open(tmp_path / "library_docs.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["library"] for r in rows] == list("abcde")
    assert rows[0]["text"] == SENTENCE.replace("rows", "aaa rows")


def test_no_row_of_two_functions_is_another_one_turned_round(tmp_path, monkeypatch):
    functions = [function_docs.Function(f"Text {n}.", f"name {n}", ("a",)) for n in range(7)]
    monkeypatch.setattr(library_docs, "installed", dict)
    for count in (6, 7):
        monkeypatch.setattr(function_docs, "choose", lambda found, n=count: functions[:n])
        function_docs.write(tmp_path)
        with open(tmp_path / "function_docs.csv", encoding="utf-8", newline="") as file:
            pairs = {(row["text"], row["other"]) for row in csv.DictReader(file)}
        assert len(pairs) == count
        assert not pairs & {(other, text) for text, other in pairs}


def test_one_of_four_different_names_is_a_functions_own(tmp_path, monkeypatch):
    functions = [function_docs.Function(f"Text {n}.", f"name {n % 5}", ()) for n in range(9)]
    monkeypatch.setattr(library_docs, "installed", dict)
    monkeypatch.setattr(function_docs, "choose", lambda found: functions)
    function_choices.write(tmp_path)
    with open(tmp_path / "function_choices.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["right"] for row in rows] == [*"abcdabcda"]
    for row, function in zip(rows, functions, strict=True):
        assert row["text"] == function.text and row[row["right"]] == function.name
        assert len({row[choice] for choice in "abcd"}) == 4


def test_a_dialogue_replies_with_the_answer_or_says_that_there_is_none():
    asked = parameter_questions.Question("What type is axis?", "axis : int", (("int", 7),))
    assert parameter_questions.reply(asked) == "int"
    unsaid = asked._replace(answers=())
    assert parameter_questions.reply(unsaid) == "The documentation does not say."


def test_each_text_of_function_tasks_is_asked_for_both_tasks(tmp_path):
    function_tasks.write(tmp_path)
    with open(tmp_path / "function_tasks.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3000
    for call, library in zip(rows[::2], rows[1::2], strict=True):
        assert (call["task"], library["task"], call["text"]) == (
            *("call", "library"),
            library["text"],
        )
        assert call["answer"].endswith(")")
        assert library["answer"] in library_docs.LIBRARIES
