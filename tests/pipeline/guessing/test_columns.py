"""What the columns of a table are taken for."""

import json
import unicodedata

import pytest

from components.ingest import errors


def test_a_text_and_a_label_are_a_classification(guessed, table):
    found = guessed("a.csv", table("text,label", "{text},{label}"))
    assert found["task.kind"] == "text_classification"
    assert (found["task.text"], found["task.label"]) == ("text", "label")
    assert "2 values: 0 (50 %), 1 (50 %)" in found.why["task.label"]
    assert "24 rows, all different" in found.why["task.text"]


@pytest.mark.parametrize("name", ["label", "Sentiment", "gold_label", "감정", "리뷰분류", "intent"])
def test_names_of_labels_are_known(guessed, table, name):
    found = guessed("a.csv", table(f"flag,text,{name}", "x{label},{text},y{label}"))
    assert found["task.label"] == name
    assert "`flag` (2 values)" in found.remarks


def test_labels_without_a_telling_name_are_told_by_their_few_values(guessed, table):
    found = guessed("a.csv", table("words,la#bel", "{text},yes{label}"))
    assert found["task.label"] == "la#bel"


def test_emoji_are_labels(guessed):
    rows = "".join(f"a fine film it is {i},{'😀' if i % 3 else '😡'}\n" for i in range(20))
    found = guessed("a.csv", f"text,label\n{rows}")
    assert "😀 (65 %)" in found.why["task.label"]


def test_a_label_is_found_though_most_rows_have_none(guessed):
    rows = "".join(f"a fine film it is {i},{'' if i % 5 < 3 else i % 2}\n" for i in range(50))
    found = guessed("a.csv", f"text,label\n{rows}")
    assert found["task.label"] == "label"
    assert "60 % of the rows have none" in found.why["task.label"]


def test_names_in_decomposed_hangul_are_known(guessed, table):
    header = unicodedata.normalize("NFD", "문장,라벨")
    found = guessed("a.csv", table(header, "이 영화는 정말 재미있었다 {i},n{label}"))
    assert unicodedata.normalize("NFC", found["task.label"]) == "라벨"


def test_numbers_of_many_values_are_learned_as_numbers(guessed, table):
    found = guessed("a.csv", table("description,price", "{text},{i}.5"))
    assert found["task.kind"] == "text_regression"
    assert found["task.target"] == "price"
    assert "24 different numbers, 0.5 to 23.5" in found.why["task.target"]


def test_numbers_that_look_like_years_and_parts_of_them_are_no_dates(guessed, table):
    found = guessed("prices.csv", table("text,price", "{text},1{i:03d}.{i:02d}", rows=90))
    assert (found["task.kind"], found["task.target"]) == ("text_regression", "price")


def test_numbers_beyond_all_bounds_are_nothing_to_learn(guessed):
    rows = "".join(f"it was {i},{'ab'[i % 2]},{10**400 + i}\n" for i in range(24))
    found = guessed("a.csv", f"text,label,number of it\n{rows}")
    assert (found["task.text"], found["task.label"]) == ("text", "label")


def test_a_score_of_two_values_is_a_label(guessed, table):
    found = guessed("a.csv", table("text,score", "{text},{label}"))
    assert found["task.kind"] == "text_classification"


def test_labels_with_a_sign_between_are_several(guessed):
    tags = ("a|b", "b|c d", "e")
    rows = "".join(f"a fine film it is {i},{tags[i % 3]}\n" for i in range(30))
    found = guessed("a.csv", f"text,tags\n{rows}")
    assert found["task.kind"] == "text_multi_label"
    assert (found["task.labels"], found["task.separator"]) == ("tags", "|")


def test_commas_within_texts_are_no_labels(guessed):
    rows = "".join(f"so it is, number {i}, and so on\t{i % 2}\n" for i in range(30))
    found = guessed("a.tsv", f"text\tlabel\n{rows}")
    assert found["task.kind"] == "text_classification"


def test_lists_are_several_labels(guessed):
    rows = [{"text": f"a fine film {i}", "tags": ["x", "y"][: i % 3]} for i in range(20)]
    found = guessed("a.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    assert found["task.kind"] == "text_multi_label"
    assert "task.separator" not in found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("sentence1", "sentence2"),
        ("premise", "hypothesis"),
        ("text_a", "text_b"),
        ("문장1", "문장2"),
        ("Question 1", "Question 2"),
    ],
)
def test_two_texts_that_are_called_alike_are_a_pair(guessed, table, first, second):
    header = f"id,{first},{second},score"
    found = guessed("a.csv", table(header, "{i},{text},but {text},{i}.25"))
    assert found["task.kind"] == "text_pair_regression"
    assert (found["task.first"], found["task.second"]) == (first, second)


def test_words_may_be_a_pair_though_they_repeat(guessed):
    rows = "".join(f"car{'x' * (i % 3)},bus{'y' * (i % 4)},{i / 8}\n" for i in range(24))
    found = guessed("a.csv", f"word1,word2,score\n{rows}")
    assert found["task.kind"] == "text_pair_regression"
    assert "1 word on average" in found.why["task.first"]


def test_an_answer_of_one_word_is_what_a_question_and_a_passage_are_asked_for(guessed):
    rows = [
        {"question": f"is this one {i}", "passage": f"it says that {i} is", "answer": i % 2 == 0}
        for i in range(20)
    ]
    found = guessed("a.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    assert found["task.kind"] == "text_pair_classification"
    assert (found["task.second"], found["task.label"]) == ("passage", "answer")


def test_the_longest_text_is_read_and_the_others_are_named(guessed, table):
    found = guessed("a.csv", table("title,body,topic", "t {i},{text} and more words,x{label}"))
    assert found["task.text"] == "body"
    assert "other texts, which are not read: `title`" in found.remarks


def test_what_nothing_can_be_learned_from_is_left_out_with_a_word(guessed, table):
    header = "id,text,url,date,lang,note,label"
    row = "{i},{text},https://a.b/{i},2020-01-0{label},en,,{label}"
    found = guessed("a.csv", table(header, row))
    for told in (
        "`id` (names rows: 24 different in 24)",
        "`url` (addresses of web pages)",
        "`date` (dates)",
        "`lang` ('en' in every row)",
        "`note` (empty)",
    ):
        assert told in found.remarks.replace("\n", " ")


def test_a_column_that_names_splits_divides_the_rows(guessed):
    names = ("train", "train", "dev", "test")
    rows = "".join(f"a fine film {i},{i % 2},{names[i % 4]}\n" for i in range(40))
    found = guessed("a.csv", f"text,label,set\n{rows}")
    assert found["data.split.column"] == "set"
    assert "data.split.eval" not in found


def test_columns_of_one_name_are_not_used(guessed, table):
    with pytest.raises(errors.DataError, match="Several columns are named `text`.*rename them"):
        guessed("a.csv", table("text,text,label", "{text},b,{label}"))


def test_one_row_is_enough_to_guess(guessed):
    found = guessed("a.csv", "text,label\nhello there,a\n")
    assert found["task.kind"] == "text_classification"
    assert found.guess.seen == "all 1 row"


def test_uneven_classes_are_stratified(guessed):
    rows = "".join(f"a fine film {i},{'rare' if i % 9 == 0 else 'often'}\n" for i in range(90))
    found = guessed("a.csv", f"text,label\n{rows}")
    assert found["data.split.stratify"] is True
    assert "80 rows of the largest in the sample, 10 of" in found.why["data.split.stratify"]


def test_large_even_classes_are_not_stratified(guessed, table):
    found = guessed("a.csv", table("text,label", "{text},{label}", rows=200))
    assert "data.split.stratify" not in found


def test_numbered_columns_of_which_one_labels_the_other_are_no_pair(guessed):
    text = "v1,v2\n" + "".join(
        f"{['ham', 'spam'][i % 5 == 0]},call me when you are there {i}\n" for i in range(60)
    )
    found = guessed("a.csv", text)
    assert (found["task.text"], found["task.label"]) == ("v2", "v1")
