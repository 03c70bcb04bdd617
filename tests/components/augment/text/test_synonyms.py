"""Tests of the sources of synonyms in components/augment/."""

import gzip
import unicodedata

import numpy as np
import pytest
import safetensors.numpy

from benchmarks.augmentation import text_wordnet
from components.augment.text import inflections, opposites, stop_words, vectors
from components.augment.text.synonyms import Synonyms, fold, restored
from components.augment.text.thesaurus import Thesaurus
from components.augment.text.wordnet import Wordnet


class Table:
    def __init__(self, **entries):
        self.entries = entries
        self.asked = []

    def find(self, words):
        self.asked += words
        return {word: self.entries[word] for word in words if word in self.entries}


def find(source, *tokens, stop=()):
    return {token: Synonyms([source], frozenset(stop)).find([token])[token] for token in tokens}


def test_synonyms_look_like_the_word_they_replace():
    table = Table(film=["movie", "motion picture"], a=["one"], mccoy=["x"])
    assert find(table, "film", "Film", "FILM", '"film,"', "A") == {
        "film": ("movie", "motion picture"),
        "Film": ("Movie", "Motion picture"),
        "FILM": ("MOVIE", "MOTION PICTURE"),
        '"film,"': ('"movie,"', '"motion picture,"'),
        "A": ("One",),
    }


def test_tokens_without_a_word_have_no_synonyms():
    assert find(Table(), "", "...", "\n") == {"": (), "...": (), "\n": ()}


def test_the_word_itself_and_stop_words_are_no_synonyms():
    table = Table(film=["Film", "movie", "the"], the=["a"])
    assert find(table, "film", "the", stop=["the"]) == {"film": ("movie",), "the": ()}


def test_the_first_source_that_knows_a_word_is_used():
    first, second = Table(film=["movie"], new=["new"]), Table(film=["flick"], new=["novel"])
    synonyms = Synonyms([first, second], frozenset())
    assert synonyms.find(["film", "new", "x"]) == {"film": ("movie",), "new": ("novel",), "x": ()}
    synonyms.find(["film", "FILM", "new", "x"])
    assert first.asked == ["film", "new", "x"]
    assert second.asked == ["new", "x"]


def test_hangul_keeps_its_form():
    decomposed = unicodedata.normalize("NFD", "영화")
    found = find(Table(영화=["필름"]), "영화", decomposed)
    assert found["영화"] == ("필름",)
    assert found[decomposed] == (unicodedata.normalize("NFD", "필름"),)
    assert fold(decomposed) == "영화"
    assert restored("straße", "WEG") == "STRASSE"


def test_a_thesaurus_joins_entries_of_a_word(tmp_path):
    path = tmp_path / "ko.tsv"
    path.write_text("영화\t필름\t무비\n\nFilm\tmovie\nfilm\tmovie\tflick\n", "utf-8")
    assert Thesaurus(path).find(["영화", "film", "x"]) == {
        "영화": ["필름", "무비"],
        "film": ["movie", "flick"],
    }


def test_a_broken_thesaurus_is_told_by_its_line(tmp_path):
    path = tmp_path / "broken.tsv"
    path.write_text("film\tmovie\nalone\n", "utf-8")
    with pytest.raises(ValueError, match=r"Line 2 of the thesaurus .*tabs between.*'alone'"):
        Thesaurus(path)
    path.write_bytes("영화\t필름".encode("cp949"))
    with pytest.raises(ValueError, match="is not UTF-8: byte 0xbf at position 0"):
        Thesaurus(path)
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        Thesaurus(tmp_path / "none.tsv")


def test_wordnet_gives_the_words_of_all_synsets(tmp_path):
    synsets = [["film", "movie", "motion_picture"], ["film", "layer"], ["dull", "boring", "slow"]]
    text_wordnet.write(tmp_path, synsets)
    wordnet = Wordnet(tmp_path)
    assert wordnet.find(["film", "boring", "영화"]) == {
        "film": ["film", "movie", "motion picture", "layer"],
        "boring": ["dull", "boring", "slow"],
    }
    # By WordNet's rules of inflection.
    assert wordnet.find(["movies"])["movies"] == ["film", "movie", "motion picture"]


def test_a_folder_that_is_no_wordnet_is_refused(tmp_path):
    with pytest.raises(ValueError, match="lacks files of WordNet: data.noun, index.noun"):
        Wordnet(tmp_path)


DIRECTIONS = {"film": 0, "films": 2, "movie": 10, "movies": 11, "cinema": 20, "flick": 24, "x": 90}


def make_vectors():
    angles = np.deg2rad(list(DIRECTIONS.values()))
    lengths = np.array([[1], [2], [3], [1], [2], [5], [1]])
    return list(DIRECTIONS), (np.stack([np.cos(angles), np.sin(angles)], 1) * lengths).astype("f4")


def test_neighbors_are_by_cosine_without_inflections():
    near = vectors.Neighbors(*make_vectors(), threshold=np.cos(np.deg2rad(23)), most=5)
    assert near.find(["film", "x", "unknown"]) == {"film": ["movie", "cinema"], "x": []}
    near = vectors.Neighbors(*make_vectors(), threshold=0.5, most=2)
    assert near.find(["films"]) == {"films": ["movie", "cinema"]}


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("compatible", "incompatible", True),
        ("unhappy", "happy", True),
        ("like", "dislike", True),
        ("possible", "impossible", True),
        ("useful", "useless", True),
        ("careless", "careful", True),
        ("to", "into", False),
        ("useful", "careless", False),
        ("film", "movie", False),
    ],
)
def test_a_negating_prefix_or_suffix_makes_an_opposite(word, other, expected):
    assert opposites.are_opposites(word, other) is expected


def test_opposites_are_no_synonyms_however_near():
    words = ["good", "bad", "terrible", "fine"]
    near = vectors.Neighbors(words, np.ones((4, 2), "float32"), threshold=0.9, most=5)
    assert near.find(words) == {
        "good": ["fine"],
        "bad": ["terrible"],
        "terrible": ["bad"],
        "fine": ["good"],
    }


SAME = """
film films, running runs, happy happiness, child children, come came, came coming, go went,
went gone, take took, make made, see saw, buy bought, teach taught, understand understood,
be was, was been, have had, do done, man men, woman women, leaf leaves, leave leaves, life lives,
foot feet, mouse mice, crisis crises, criterion criteria, person people, early earlier, easy easier,
easy easily, easier easiest, large largest, larger largest, big bigger, good best, bad worse,
history historical, decide decision
"""
DIFFERENT = """
good fine, humor humour, big large, movie film, story tale, funny hilarious, find founded, see sea,
other over, under order, interesting intriguing, think believe, man human, left right
"""


@pytest.mark.parametrize(("pairs", "expected"), [(SAME, True), (DIFFERENT, False)])
def test_inflections_are_told_by_their_letters_and_a_list(pairs, expected):
    for pair in pairs.split(","):
        word, other = pair.split()
        assert inflections.is_inflection(word, other) is expected, pair
        assert inflections.is_inflection(other, word) is expected, pair


def test_irregular_forms_are_no_neighbors():
    words = ["came", "come", "arrive", "coming", "went"]
    near = vectors.Neighbors(words, np.ones((5, 2), "float32"), threshold=0.9, most=5)
    assert near.find(["come", "arrive"]) == {
        "come": ["arrive", "went"],
        "arrive": ["came", "went"],
    }


def test_token_embeddings_of_a_preset_are_those_of_whole_words(tmp_path):
    tokens = ["[PAD]", "film", "##s", "a", "movie", "7", "책장"]
    (tmp_path / "vocab.txt").write_text("\n".join(tokens) + "\n", "utf-8")
    table = np.arange(14, dtype="float16").reshape(7, 2)
    weights = {"bert.embeddings.word_embeddings.weight": table, "other": table}
    safetensors.numpy.save_file(weights, tmp_path / "model.safetensors")
    words, found = vectors.read_preset(tmp_path)
    assert words == ["film", "movie", "책장"]
    assert found.dtype == np.float32
    assert found.tolist() == [[2, 3], [8, 9], [12, 13]]


def test_a_preset_without_embeddings_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"needs a folder with vocab.txt and model.safetensors"):
        vectors.read_preset(tmp_path)
    (tmp_path / "vocab.txt").write_text("a\n")
    safetensors.numpy.save_file({"x": np.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="holds no embeddings.word_embeddings.weight"):
        vectors.read_preset(tmp_path)


@pytest.mark.parametrize("header", ["", "3 2\n"])
def test_word_vectors_are_read_from_text(tmp_path, header):
    path = tmp_path / "vectors.txt.gz"
    path.write_bytes(gzip.compress(f"{header}Film 1 0.5\nnew york 0 2\nfilm 9 9\n".encode()))
    words, found = vectors.read_file(path)
    assert words == ["film", "new york"]
    assert found.tolist() == [[1, 0.5], [0, 2]]


def test_a_broken_line_of_word_vectors_is_told(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("film 1 2\nmovie 1 x\n")
    with pytest.raises(ValueError, match=r"Line 2 of the word vectors .* not a word and 2 numbers"):
        vectors.read_file(path)
    with pytest.raises(ValueError, match="cannot be read"):
        vectors.read_file(tmp_path / "none.txt")


def test_stop_words_are_a_list_none_or_a_file(tmp_path):
    assert {"the", "not"} <= stop_words.load("english")
    assert stop_words.load("none") == frozenset()
    path = tmp_path / "stop.txt"
    path.write_text("그리고\n\n The \n", "utf-8")
    assert stop_words.load(str(path)) == {"그리고", "the"}
    with pytest.raises(ValueError, match="`stop_words` names the file .* cannot be read"):
        stop_words.load(str(tmp_path / "none.txt"))
