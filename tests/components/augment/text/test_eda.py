"""Tests of components/augment/text/eda.py."""

import re
from collections import Counter

import pytest

from components.augment.text import draws, eda, words
from components.augment.text.config import EDA_OPERATIONS, EdaConfig, EdaOperation
from components.augment.text.rows import Rows
from components.augment.text.synonyms import Synonyms
from tests.components.korean_pieces import train

OFF = EdaOperation(n_aug=0)
ENTRIES = {"good": ["fine", "nice"], "film": ["movie"], "quick": ["fast"], "결말이": ["마지막이"]}
ENTRIES |= {"영화": ["필름"]}
TEXT = 'A quick, good "film" about a dog; (mostly) good fun.'
HARD = [
    "",
    "word",
    "!!!",
    "😀",
    "영화",
    "\n",
    "  two  words ",
    "a\nb",
    "re\u0301sume\u0301 e\u0301",
    TEXT,
]


class Table:
    def __init__(self, entries):
        self.entries = entries

    def find(self, wanted):
        return {word: self.entries[word] for word in wanted if word in self.entries}


def make(name, texts, copies, alpha=0.2, seed=0, stop=(), split=words.by_spaces, entries=ENTRIES):
    settings = dict.fromkeys(EDA_OPERATIONS, OFF) | {name: EdaOperation(alpha=alpha, n_aug=1)}
    synonyms = Synonyms([Table(entries)], frozenset(stop))
    (operation,) = eda.prepare(EdaConfig(**settings), "", 1, split, synonyms)
    rows = Rows(texts, draws.keys(seed, ["x"] * len(texts), texts))
    made = [[] for _ in texts]
    for row, text in operation.make(rows, [copies] * len(texts)):
        made[row].append(text)
    return made


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (1, (0.05, 16)),
        (500, (0.05, 16)),
        (501, (0.05, 8)),
        (2000, (0.05, 8)),
        (2001, (0.1, 4)),
        (1_000_000, (0.1, 4)),
    ],
)
def test_the_defaults_are_the_papers_table(rows, expected):
    assert eda.recommended(rows) == expected


def test_each_operation_makes_a_quarter_of_the_table():
    prepared = eda.prepare(EdaConfig(), "2.", 500, words.by_spaces, Synonyms([], frozenset()))
    assert {operation.name: operation.copies for operation in prepared} == {
        f"2.eda.{name}": 4 for name in EDA_OPERATIONS
    }


def test_synonyms_replace_words_and_leave_the_rest():
    (made,) = make("synonym_replacement", [TEXT], 60)
    assert set(made) == {
        TEXT.replace("quick", "fast").replace('"film"', '"movie"'),
        *(TEXT.replace("quick", "fast").replace("good", new, 1) for new in ("fine", "nice")),
        *(
            TEXT.replace("quick", "fast").replace("good fun", f"{new} fun")
            for new in ("fine", "nice")
        ),
        *(TEXT.replace('"film"', '"movie"').replace("good", new, 1) for new in ("fine", "nice")),
        *(
            TEXT.replace('"film"', '"movie"').replace("good fun", f"{new} fun")
            for new in ("fine", "nice")
        ),
        *(
            TEXT.replace("good", one, 1).replace("good fun", f"{other} fun")
            for one in ("fine", "nice")
            for other in ("fine", "nice")
        ),
    }


def test_stop_words_are_not_replaced():
    (made,) = make("synonym_replacement", [TEXT], 20, stop=["good", "film"])
    assert set(made) == {TEXT.replace("quick", "fast")}


def test_synonyms_enter_before_any_word_and_at_the_end():
    (made,) = make("random_insertion", ["Film is art."], 200, alpha=0.1)
    assert set(made) == {
        "Movie film is art.",
        "Film movie is art.",
        "Film is movie art.",
        "Film is art movie.",
    }


def test_insertion_reaches_the_sentence_of_the_textbook():
    text = "This article will focus on summarizing data augmentation techniques in NLP."
    entries = {"article": ["write-up"], "techniques": ["methods"]}
    (made,) = make("random_insertion", [text], 5000, alpha=0.2, entries=entries)
    assert (
        "This article will focus on write-up summarizing data augmentation techniques in NLP "
        "methods."
    ) in made


def test_nothing_enters_behind_the_word_that_ends_a_korean_sentence():
    (made,) = make("random_insertion", ["영화 결말이 좋다."], 200, alpha=0.1)
    assert made and all(text.endswith("좋다.") for text in made)
    assert {"영화 결말이 필름 좋다.", "영화 결말이 마지막이 좋다."} <= set(made)


def test_several_synonyms_enter():
    (made,) = make("random_insertion", [TEXT], 30, alpha=0.3)
    for text in made:
        entered = Counter(taken(text)) - Counter(taken(TEXT))
        assert entered.total() == 3
        assert set(entered) <= {"fine", "nice", "movie", "fast"}


def taken(text):
    (found,) = words.by_spaces([text])
    return [words.affixes(found.tokens[place]).word for place in found.places]


def test_swaps_keep_words_and_punctuation():
    (made,) = make("random_swap", [TEXT], 40)
    assert len(set(made)) > 20
    marks = [mark for mark in TEXT if mark in ',";().']
    for text in made:
        assert Counter(taken(text)) == Counter(taken(TEXT))
        assert [mark for mark in text if mark in ',";().'] == marks
        assert text[0].isupper()


def test_two_words_can_only_change_places():
    assert make("random_swap", ["Good film!"], 3) == [["Film good!"] * 3]


def test_the_end_of_a_korean_sentence_is_not_swapped():
    (made,) = make("random_swap", ["결말이 조금 많이 아쉬웠다. 다시 꼭 보고 싶다"], 40, alpha=0.5)
    for text in made:
        assert text.split()[3] == "아쉬웠다."
        assert text.split()[7] == "싶다"
    assert len(set(made)) > 20


def test_deletion_leaves_out_words():
    (made,) = make("random_deletion", [TEXT], 400, alpha=0.1)
    kept = [len(taken(text)) for text in made]
    assert max(kept) == 9
    assert min(kept) >= 1
    # Of ten words, one each goes with probability 0.1, but one goes where none would: 0.9^10.
    assert sum(kept) / len(kept) == pytest.approx(10 - 1 - 0.9**10, abs=0.2)
    assert make("random_deletion", ["b c d e"], 50, alpha=1.0)[0].count("c") > 3
    assert {len(text.split()) for text in make("random_deletion", ["b c d"], 50, alpha=1.0)[0]} == {
        1
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Good film.", {"Film.", "Good."}),
        ("Well, it works", {"It works", "Well, works", "Well, it"}),
        ("a, b. c", {"b. c", "a, c", "a, b."}),
        ("so (very) good", {"(very) good", "so good", "so (very)"}),
        ('say "no more" now', {'"no more" now', 'say "more" now', 'say "no" now', 'say "no more"'}),
    ],
)
def test_punctuation_of_deleted_words_goes_to_their_neighbours(text, expected):
    assert set(make("random_deletion", [text], 60, alpha=0.01)[0]) == expected


@pytest.mark.parametrize(
    "text", ["a\nb", "a\nb\nc", "\na\tb c\n", "a b\n\nc d\r\n\te f\n", "나쁜\n영화\t참 나쁜\n나쁜"]
)
def test_deletion_beside_line_breaks_leaves_no_spaces(text):
    breaks = "".join(text.split(" ")).translate(str.maketrans("", "", "abcdef나쁜영화참"))
    for made in make("random_deletion", [text], 60, alpha=0.5)[0]:
        assert not re.search(r"^ | $|  | [\n\t\r]|[\n\t\r] ", made), repr(made)
        assert "".join(mark for mark in made if mark in "\n\t\r") == breaks


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    return words.by_pieces(words.load_pieces(train(tmp_path_factory.mktemp("pieces"))))


def test_synonyms_enter_among_pieces_as_words_of_their_own(pieces):
    (made,) = make("random_insertion", ["다시 보는 영화"], 60, alpha=0.1, split=pieces)
    assert set(made) == {"필름 다시 보는 영화", "다시 필름 보는 영화", "다시 보는 필름 영화"}
    (made,) = make("random_insertion", ["영화는 좋다."], 60, alpha=0.9, split=pieces)
    for text in made:
        assert [word for word in text.split(" ") if word != "필름"] == ["영화는", "좋다."]


@pytest.mark.parametrize(
    "text", ["나 영화", "좋은 영화가 다시 보고 싶다.", "영화는\n다시 보는 영화\t나 나", "영화"]
)
def test_deletion_of_pieces_leaves_no_stray_spaces(pieces, text):
    for made in make("random_deletion", [text], 200, alpha=0.6, split=pieces)[0]:
        assert not re.search(r"^ | $|  | [\n\t.]|[\n\t] ", made), repr(made)


def test_spaces_that_were_doubled_before_stay_so_beside_deleted_pieces(pieces):
    (made,) = make("random_deletion", ["나  나 나"], 60, alpha=0.01, split=pieces)
    assert set(made) == {" 나 나", "나  나"}


@pytest.mark.parametrize("name", EDA_OPERATIONS)
def test_hard_texts_give_texts_or_nothing(name):
    made = make(name, HARD, 5, alpha=0.9)
    assert [len(found) for found in made][:4] == [0, 0, 0, 0]
    assert len(made[-1]) == 5
    assert all(text.strip() for found in made for text in found)


@pytest.mark.parametrize("name", EDA_OPERATIONS)
def test_a_row_does_not_depend_on_its_batch(name):
    together = make(name, HARD, 3)
    assert make(name, HARD[::-1], 3)[::-1] == together
    assert [make(name, [text], 3)[0] for text in HARD] == together
    # Later copies do not change earlier ones.
    assert [found[:3] for found in make(name, HARD, 5)] == together


@pytest.mark.parametrize("name", EDA_OPERATIONS)
def test_the_seed_decides(name):
    assert make(name, [TEXT], 8, seed=1) != make(name, [TEXT], 8, seed=2)
