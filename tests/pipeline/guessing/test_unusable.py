"""Data that there is no task for: the reason, and what would make it usable."""

import json

import pytest

from components.ingest import errors


def lines(*rows):
    return "".join(f"{json.dumps(row)}\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "content", "reason", "way_out"),
    [
        (
            "a.jsonl",
            lines(*({"tokens": ["a", "b"], "ner_tags": [0, i]} for i in range(9))),
            "a number for each word of 'tokens'",
            "`features['ner_tags'].feature.names` has them",
        ),
        (
            "a.jsonl",
            lines(
                *(
                    {"question": f"what {i}", "context": f"it {i}", "answers": f"yes {i}"}
                    for i in range(9)
                )
            ),
            "'answers' stands nowhere in 'context'",
            "text_pair_classification",
        ),
        (
            "a.jsonl",
            lines(*({"translation": {"en": f"house {i}", "ko": f"집 {i}"}} for i in range(9))),
            "in several languages",
            "with the columns 'en' and 'ko'",
        ),
        ("a.txt", "So it began.\nAnd it ended.\n", "lines of text without labels", "write a table"),
        (
            "a.csv",
            "a,b,label\n" + "".join(f"{i}.5,{i}.25,{i % 2}\n" for i in range(20)),
            "no texts and no images",
            "numbers alone are no input",
        ),
    ],
)
def test_forms_without_a_task_are_named(guessed, name, content, reason, way_out):
    with pytest.raises(errors.DataError, match=reason) as refused:
        guessed(name, content)
    assert way_out in str(refused.value)


def test_captions_of_images_have_no_task(guessed, write, tmp_path):
    for number in range(4):
        write(f"images/{number}.jpg", b"\xff\xd8\xff")
    rows = "".join(f"{i % 4}.jpg\t{i}\ta dog runs over grass {i}\n" for i in range(20))
    write("captions.tsv", f"image\tcaption_id\tcaption\n{rows}")
    with pytest.raises(errors.DataError, match="texts \\('caption'\\) that describe images"):
        guessed(tmp_path)


def test_a_folder_per_class_of_text_files_is_told_how_to_become_a_table(
    guessed, write, tmp_path, monkeypatch
):
    for index in range(12):
        write(f"data/train/{['neg', 'pos'][index % 2]}/{index}.txt", f"One, two;\n{index} lines.\n")
    with pytest.raises(errors.DataError, match="12 texts in files of their own") as told:
        guessed(tmp_path / "data")
    _, _, script = str(told.value).partition("for example by\n")
    monkeypatch.chdir(tmp_path)
    exec(script, {})
    found = guessed(tmp_path / "texts.csv")
    assert (found["task.text"], found["task.label"]) == ("text", "label")
