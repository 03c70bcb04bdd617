"""Tests of components/augment/text/augmenting.py, preparing.py and config.py."""

import dataclasses
import pathlib
from typing import Annotated

import pydantic
import pytest

from components.augment.text import augmenting, config
from pipeline.config.problems import ConfigError
from tests import strict

THESAURUS = "film\tmovie\tflick\ngood\tfine\nbad\tpoor\n영화\t필름\n"
TEXTS = [
    ("A good film, a bad end",),
    ("",),
    ("film",),
    ("!!!",),
    ("좋은 영화 보고 싶다",),
    ("film film",),
    ("a b c d e",),
]
COLUMNS = ["text"]
LABELS = ["up", "down", "up", "up", "down", "up", "down"]


@pytest.fixture
def eda(tmp_path):
    path = tmp_path / "thesaurus.tsv"
    path.write_text(THESAURUS, "utf-8")
    return config.EdaConfig(synonyms=(config.ThesaurusSynonyms(str(path)),))


@pytest.fixture
def resources(tmp_path):
    return augmenting.Resources(preset=str, cache=tmp_path / "cache")


def rows_of(made):
    found = {}
    for one in made:
        found.setdefault(one.row, []).append((one.operation, *one.texts))
    return found


def test_new_texts_differ_from_their_row_and_from_each_other(eda, resources):
    augmenter = augmenting.TextAugmenter([eda], 100, resources, COLUMNS)
    made = rows_of(augmenter.augment(TEXTS, LABELS, seed=0))
    assert list(made) == [0, 2, 4, 5, 6]
    texts = {text for _, text in made[2]}
    inserted = {f"{word} film" for word in ("movie", "flick")}
    inserted |= {f"film {word}" for word in ("movie", "flick")}
    assert {"movie", "flick"} < texts <= {"movie", "flick"} | inserted
    for row, found in made.items():
        texts = [text for _, text in found]
        assert len({*texts, *TEXTS[row]}) == len(texts) + 1


def test_wanted_texts_are_given_or_dropped(eda, resources):
    augmenter = augmenting.TextAugmenter([eda], 100, resources, COLUMNS)
    made = list(augmenter.augment(TEXTS, LABELS, seed=0))
    assert augmenter.copies == 16
    assert len(made) + augmenter.dropped.total() == 16 * len(TEXTS)
    assert set(augmenter.dropped) <= set(augmenter.names)


def test_a_row_depends_on_seed_text_and_label_alone(eda, resources):
    augmenter = augmenting.TextAugmenter([eda], 100, resources, COLUMNS)
    together = rows_of(augmenter.augment(TEXTS, LABELS, seed=3))
    for row, (texts, label) in enumerate(zip(TEXTS, LABELS, strict=True)):
        alone = rows_of(augmenter.augment([texts], [label], seed=3))
        assert alone.get(0) == together.get(row)
    first = rows_of(augmenter.augment(TEXTS[:1], ["other"], seed=3))[0]
    assert first != together[0]
    assert rows_of(augmenter.augment(TEXTS[:1], LABELS[:1], seed=4))[0] != together[0]


def test_batches_do_not_show(eda, resources, monkeypatch):
    augmenter = augmenting.TextAugmenter([eda], 100, resources, COLUMNS)
    together = list(augmenter.augment(TEXTS, LABELS, 0, [16] * len(TEXTS)))
    assert together == list(augmenter.augment(TEXTS, LABELS, 0))
    monkeypatch.setattr(augmenting, "_BATCH", 2)
    assert list(augmenter.augment(TEXTS, LABELS, 0)) == together


def test_copies_are_as_many_as_wanted_where_there_are_enough(eda, resources):
    text = "good film bad words one two three four five six seven eight nine ten"
    augmenter = augmenting.TextAugmenter([eda], 3000, resources, COLUMNS)
    assert augmenter.copies == 4
    texts, wanted = [(text,)] * 6, [0, 1, 3, 4, 5, 11]
    made = rows_of(augmenter.augment(texts, ["x"] * 6, 0, wanted))
    counts = [len(made.get(row, ())) for row in range(6)]
    assert all(count <= want for count, want in zip(counts, wanted, strict=True))
    assert counts[:4] == [0, 1, 3, 4]
    assert counts[5] >= 9
    # The same operations come first, whatever else is wanted.
    assert set(made[3]) <= set(made[4])


def test_kinds_that_come_twice_have_names_of_their_own(eda, resources):
    augmenter = augmenting.TextAugmenter([eda, eda], 3000, resources, COLUMNS)
    assert augmenter.copies == 8
    assert augmenter.names[0] == "eda.synonym_replacement"
    assert augmenter.names[4] == "2.eda.synonym_replacement"


def test_no_rows_give_no_texts(eda, resources):
    augmenter = augmenting.TextAugmenter([eda], 1, resources, COLUMNS)
    assert list(augmenter.augment([], [], 0)) == []


def test_vectors_of_a_preset_are_found_by_its_name(tmp_path, resources):
    names = []

    def locate(name):
        names.append(name)
        return str(tmp_path)

    with pytest.raises(ValueError, match="needs a folder with vocab.txt"):
        augmenting.TextAugmenter(
            [config.EdaConfig()], 1, augmenting.Resources(locate, tmp_path / "cache"), COLUMNS
        )
    assert names == ["minilm"]


def test_no_source_is_loaded_where_no_synonyms_are_sought(tmp_path, resources):
    off = config.EdaOperation(n_aug=0)
    swaps = config.EdaConfig(synonym_replacement=off, random_insertion=off)
    augmenter = augmenting.TextAugmenter([swaps], 1, resources, COLUMNS)
    assert augmenter.names == ("eda.random_swap", "eda.random_deletion")


def test_word_vectors_come_from_a_file(tmp_path, resources):
    path = tmp_path / "vectors.txt"
    path.write_text("film 1 0\nmovie 1 0.1\nend 0 1\n")
    source = config.VectorSynonyms(path=str(path))
    eda = config.EdaConfig(synonyms=(source,))
    augmenter = augmenting.TextAugmenter([eda], 1, resources, COLUMNS)
    assert {one.texts for one in augmenter.augment([("Film",)], ["x"], 0)} >= {("Movie",)}


PAIR = ("A good film, a bad end", "good film")


def of_pairs(eda, resources, **fields):
    changed = dataclasses.replace(eda, **fields)
    return augmenting.TextAugmenter([changed], 3000, resources, ["first", "second"])


def test_both_texts_of_a_row_are_varied_each_by_itself_and_never_change_places(eda, resources):
    made = [one.texts for one in of_pairs(eda, resources).augment([PAIR], ["up"], 0, [30])]
    assert {first == PAIR[0] for first, _ in made} >= {False}
    assert {second == PAIR[1] for _, second in made} >= {False}
    assert len({PAIR, *made}) == len(made) + 1
    assert all(len(first.split()) > 2 * len(second.split()) - 2 for first, second in made)
    # The same text in both columns does not give the same copies.
    twins = [("a good film", "a good film")]
    same = [one.texts for one in of_pairs(eda, resources).augment(twins, ["up"], 0, [30])]
    assert any(first != second for first, second in same)


@pytest.mark.parametrize(("column", "kept"), [("first", 1), ("second", 0)])
def test_only_the_columns_that_an_operation_names_are_varied(eda, resources, column, kept):
    some = of_pairs(eda, resources, columns=(column,))
    made = [one.texts for one in some.augment([PAIR], ["up"], 0, [9])]
    assert made
    assert {texts[kept] for texts in made} == {PAIR[kept]}
    assert PAIR[1 - kept] not in {texts[1 - kept] for texts in made}


def test_a_text_that_nothing_can_be_made_of_stays_beside_a_new_one(eda, resources):
    augmenter = of_pairs(eda, resources)
    made = list(augmenter.augment([("!!!", PAIR[0]), ("!!!", "")], ["1.5", "2"], 0))
    assert {one.row for one in made} == {0}
    assert {one.texts[0] for one in made} == {"!!!"}
    assert len(made) + augmenter.dropped.total() == 2 * augmenter.copies


def test_a_pairs_copies_depend_on_seed_texts_and_target_alone(eda, resources):
    def made(rows, targets, seed):
        found = of_pairs(eda, resources).augment(rows, targets, seed, [5] * len(rows))
        return [one.texts for one in found if one.row == len(rows) - 1]

    alone = made([PAIR], ["up"], 3)
    assert made([PAIR[::-1], PAIR], ["up", "up"], 3) == alone
    assert made([PAIR], ["down"], 3) != alone
    assert made([PAIR], ["up"], 4) != alone


OPERATION = Annotated[config.TextAugmentation, pydantic.Discriminator("kind")]


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "eda"},
        {"kind": "eda", "synonyms": [{"kind": "wordnet", "folder": "w"}, {"kind": "vectors"}]},
        {"kind": "eda", "random_swap": {"alpha": 0.3, "n_aug": 2}, "stop_words": "none"},
        {"kind": "back_translation", "forward": "a", "backward": "http://b"},
        {"kind": "contextual", "preset": "bert_base_en"},
    ],
)
def test_yaml_becomes_a_config(given):
    parsed = strict.read(OPERATION, given)
    assert parsed.kind == given["kind"]
    assert len(parsed.assumes) > 40


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "eda", "random_swap": {"alpha": 0.0}}, "alpha: must be above 0 and at most 1"),
        ({"kind": "eda", "random_swap": {"n_aug": -1}}, "n_aug: must be at least 0"),
        ({"kind": "eda", "synonyms": []}, "`synonyms` is empty"),
        (
            {"kind": "eda"} | dict.fromkeys(config.EDA_OPERATIONS, {"n_aug": 0}),
            "nothing would be made. Received: n_aug=0 for synonym_replacement, ",
        ),
        ({"kind": "eda", "synonyms": [{"kind": "vectors", "threshold": 1.5}]}, "threshold: must"),
        ({"kind": "eda", "synonyms": [{"kind": "vectors", "neighbors": 0}]}, "neighbors: must"),
        ({"kind": "contextual", "preset": "x", "candidates": 0}, "candidates: must be at least 1"),
        ({"kind": "contextual", "preset": "x", "sequence_length": 3}, "sequence_length: must"),
        (
            {"kind": "back_translation", "forward": "a", "backward": "b", "temperature": -1.0},
            "temperature: must be at least 0",
        ),
        (
            {"kind": "back_translation", "forward": "a", "backward": "b", "timeout": 0.0},
            "timeout: must be above 0",
        ),
    ],
)
def test_impossible_configs_are_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        strict.read(OPERATION, given)


def test_files_that_are_missing_are_told_by_their_key(tmp_path, resources):
    for settings, message in (
        ({"synonyms": (config.ThesaurusSynonyms("none.tsv"),)}, "`synonyms` names the file none"),
        ({"stop_words": "none.txt"}, "`stop_words` names the file none.txt"),
        ({"sentencepiece": "none.model"}, "`sentencepiece` names none.model"),
    ):
        off = (
            {}
            if "synonyms" in settings
            else dict(
                synonym_replacement=config.EdaOperation(n_aug=0),
                random_insertion=config.EdaOperation(n_aug=0),
            )
        )
        with pytest.raises(ValueError, match=message):
            augmenting.TextAugmenter([config.EdaConfig(**settings, **off)], 1, resources, COLUMNS)


def test_importing_the_config_is_cheap():
    text = pathlib.Path(config.__file__).read_text()
    imported = [
        line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))
    ]
    assert imported == ["dataclasses", "typing", "pydantic", "annotated_types", "components.bounds"]
