"""Tests of components/ingest/sources/squad.py, up to examples."""

import gzip
import json

import pytest

from components.ingest import columns, config, encode, errors, reading, row, tfexample

FEATURES = (
    config.Feature("question", "text"),
    config.Feature("context", "text"),
    config.Feature("answers", "answers", within="context", is_required=True),
)
SPLIT = config.SplitConfig(group="title")


def document(*questions, title="Seoul", context="서울 is old."):
    """Of one paragraph; each question is its words and its answers."""
    asked = [
        {"id": str(n), "question": words, "answers": answers}
        for n, (words, answers) in enumerate(questions)
    ]
    return {"data": [{"title": title, "paragraphs": [{"context": context, "qas": asked}]}]}


def read(tmp_path, *documents, features=FEATURES):
    for number, content in enumerate(documents):
        (tmp_path / f"{number}.json").write_text(json.dumps(content), "utf-8")
    wanted = columns.wanted(features, SPLIT)
    opened = reading.open_source(config.SquadSource("."), str(tmp_path), "", wanted)
    entries = [entry for shard in opened.shards for entry in opened.read(shard)]
    return [encode.attempt(entry, features, None, "title") for entry in entries]


OLD = [{"text": "old", "answer_start": 6}]


def test_a_row_for_each_question_with_its_article_as_group(tmp_path):
    first, second, other = read(
        tmp_path,
        document(("Is it new?", OLD), ("What is it?", [*OLD, {"text": "서울", "answer_start": 0}])),
        document(("Who?", [{"text": "Kim", "answer_start": 0}]), title="Kim", context="Kim sat."),
    )
    values = tfexample.parse(second.example)
    assert values["question"].decode() == "What is it?"
    assert values["context"].decode() == "서울 is old."
    assert [one.decode() for one in values["answers"]] == ["6\t9\told", "0\t2\t서울"]
    assert first.group == second.group != other.group


def test_questions_without_an_answer_are_refused_unless_the_task_has_them(tmp_path):
    (refused,) = read(tmp_path, document(("Why?", [])))
    assert refused.reason == (
        "`answers` has no answer; if that is meant, set `task.unanswerable: true`"
    )
    allowed = (*FEATURES[:2], config.Feature("answers", "answers", within="context"))
    (kept,) = read(tmp_path, features=allowed)
    assert tfexample.all_of(tfexample.parse(kept.example)["answers"]) == []


def test_a_broken_question_is_refused_alone(tmp_path):
    content = document(("What?", OLD), (None, OLD), ("What?", [{"text": "new"}]))
    content["data"][0]["paragraphs"][0]["qas"].append("?")
    good, *bad = read(tmp_path, content)
    assert not isinstance(good, row.Rejected)
    assert [one.reason for one in bad] == [
        "`question` is empty",
        "`answers` is 'new', which the context does not hold; answers are parts of it, sign for "
        "sign",
        "a question is ?, not an object",
    ]
    assert bad[-1].where == "0.json:4"


def test_files_may_be_gzipped_and_name_splits(tmp_path):
    for name in ("train-v2.0.json.gz", "dev-v2.0.json.gz"):
        (tmp_path / name).write_bytes(gzip.compress(json.dumps(document(("Q?", OLD))).encode()))
    opened = reading.open_source(
        config.SquadSource("."), str(tmp_path), "", columns.wanted(FEATURES, SPLIT)
    )
    assert reading.named_splits(opened) == {"train", "eval"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"data": []}, "no SQuAD file but an object with the keys ['data']"),
        ({"rows": [{"question": "?"}]}, "an object with the keys ['rows']"),
        ([{"question": "?"}], "no SQuAD file but something else"),
        ({"data": [{"title": "x"}]}, 'Expected {"data": [{"title", "paragraphs"'),
        ({"data": {"title": "x"}}, "no SQuAD file"),
    ],
)
def test_other_json_is_refused_with_the_form(tmp_path, content, told):
    with pytest.raises(errors.DataError) as caught:
        read(tmp_path, content)
    assert told in str(caught.value)


def test_a_file_that_ends_early_is_told_with_its_line(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(document(("Q?", OLD)), indent=1)[:-20])
    with pytest.raises(errors.DataError, match=r"a.json:\d+: .*Repair it there"):
        read(tmp_path)


def test_other_columns_are_refused(tmp_path):
    features = (config.Feature("query", "text"),)
    with pytest.raises(errors.DataError, match="query"):
        read(tmp_path, document(("Q?", OLD)), features=features)
