"""Tests of pipeline/scoring/rows.py: which rows a model is asked about, and in which order."""

import json

import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from components.ingest import row
from pipeline.scoring.rows import Input, Question, Rows

TEXT = (Input("text", "text", "review"),)
PAIR = (Input("first", "text", "a"), Input("second", "text", "b"))
IMAGE = (Input("image_bytes", "image", "image"),)


def read(path, inputs=TEXT, **options):
    return list(Rows(path, inputs, **options).read())


def save_image(path, color=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (3, 2), color).save(path)


def test_a_table_keeps_its_order_and_its_other_columns(tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("id,review\n7,좋아요 👍\n3,bad\n", "utf-8")
    first, second = read(path)
    assert first == Question(
        "new.csv:2", {"text": "좋아요 👍".encode()}, {"id": "7", "review": "좋아요 👍"}
    )
    assert second.columns["id"] == "3"


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.ndjson"])
def test_json_gives_each_input_its_column(tmp_path, name):
    path = tmp_path / name
    path.write_text("".join(json.dumps({"b": f"n{i}", "a": f"m{i}"}) + "\n" for i in range(3)))
    assert [q.values for q in read(path, PAIR)] == [
        {"first": f"m{i}".encode(), "second": f"n{i}".encode()} for i in range(3)
    ]


def test_parquet_keeps_numbers(tmp_path):
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"review": ["a", "b"], "stars": [1, 2]}), path)
    assert [q.values["text"] for q in read(path)] == [b"a", b"b"]


def test_words_of_conll_files_are_one_text_a_sentence(tmp_path):
    path = tmp_path / "a.bio"
    path.write_text("Ada\tB-PER\nsaw\tO\n\n서울\tO\n", "utf-8")
    found = read(path, (Input("text", "text", "tokens", " "),))
    assert [q.values["text"].decode() for q in found] == ["Ada saw", "서울"]


def test_questions_of_squads_files_come_with_their_contexts(tmp_path):
    path = tmp_path / "a.json"
    asked = [{"id": "7", "question": "Who?", "answers": []}]
    content = {"data": [{"title": "T", "paragraphs": [{"context": "Ada saw.", "qas": asked}]}]}
    path.write_text(json.dumps(content), "utf-8")
    inputs = (Input("question", "text", "question"), Input("context", "text", "context"))
    (found,) = read(path, inputs, format="squad")
    assert found.values == {"question": b"Who?", "context": b"Ada saw."}
    assert (found.columns["id"], found.columns["title"]) == ("7", "T")


def test_a_text_a_line_skips_empty_lines_and_counts_them(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffone\r\n\r\n 두 번째 \n".encode())
    assert [(q.where, q.values["text"].decode()) for q in read(path)] == [
        ("a.txt:1", "one"),
        ("a.txt:3", " 두 번째 "),
    ]


def test_rows_that_training_would_refuse_are_left_out_with_their_reason(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"review,id\nfine,1\n   ,2\n\xff\xfe,3\n")
    fine, empty, broken = read(path)
    assert isinstance(fine, Question)
    assert isinstance(empty, row.Rejected) and "`review` is empty" in empty.reason
    assert isinstance(broken, row.Rejected) and "data.source" not in broken.reason


def test_how_to_read_may_be_set_as_in_a_config(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("review;id\n좋아요;1\n".encode("cp949"))
    (question,) = read(path, settings=(("encoding", "cp949"), ("delimiter", ";")))
    assert question.values["text"].decode() == "좋아요"
    with pytest.raises(ValueError, match=r"--read: .*encoding.* Received: 'cp1'"):
        read(path, settings=(("encoding", "cp1"),))


@pytest.mark.parametrize(
    ("name", "setting", "words"),
    [
        ("a.csv", ("delimter", ";"), "csv has no setting 'delimter'. Did you mean 'delimiter'"),
        ("a.csv", ("path", "b.csv"), "csv has no setting 'path'"),
        ("a.txt", ("delimiter", ";"), "lines has no setting 'delimiter'.*Settings: encoding"),
        ("a.txt", ("encoding", "cp1"), "encoding.* Received: 'cp1'"),
        ("a.parquet", ("encoding", "cp949"), "parquet has no setting 'encoding'"),
    ],
)
def test_a_setting_that_nothing_reads_is_told(tmp_path, name, setting, words):
    (tmp_path / name).write_text("review\nfine\n")
    with pytest.raises(ValueError, match=f"--read: .*{words}"):
        read(tmp_path / name, settings=(setting,))


def test_images_without_a_table_have_no_settings(tmp_path):
    save_image(tmp_path / "a.png")
    with pytest.raises(ValueError, match="--read: a folder of images has no setting 'encoding'"):
        read(tmp_path, IMAGE, settings=(("encoding", "cp949"),))


def test_images_of_a_folder_come_by_name_as_people_count(tmp_path):
    for name in ("b/10.png", "b/9.png", "a.png"):
        save_image(tmp_path / name)
    (tmp_path / "b" / "broken.jpg").write_bytes(b"no image")
    found = read(tmp_path, IMAGE)
    assert [one.where for one in found] == ["a.png", "b/9.png", "b/10.png", "b/broken.jpg"]
    assert isinstance(found[-1], row.Rejected)


def test_a_table_of_images_keeps_the_order_of_its_lines(tmp_path):
    for index in range(12):
        save_image(tmp_path / f"{index}.png", index)
    order = [5, 11, 0, 3, 8, 1]
    lines = "".join(f"{index}.png,{index}\n" for index in order)
    (tmp_path / "list.csv").write_text(f"image,id\n{lines}gone.png,99\n")
    found = read(tmp_path / "list.csv", IMAGE)
    assert [one.columns["id"] for one in found[:-1]] == [str(index) for index in order]
    assert "gone.png" in found[-1].where


def test_rows_may_be_skipped_where_reading_goes_on(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("review\n" + "".join(f"text {i}\n" for i in range(5)))
    assert [q.where for q in Rows(path, TEXT).read(skipped=3)] == ["a.csv:5", "a.csv:6"]


def test_a_missing_column_is_told_in_terms_of_the_command(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text\nfine\n")
    with pytest.raises(ValueError, match="no column 'review'.*--column"):
        read(path)


@pytest.mark.parametrize("name", ["a.xlsx", "a"])
def test_a_file_of_an_unknown_format_is_refused(tmp_path, name):
    (tmp_path / name).write_text("x")
    with pytest.raises(ValueError, match="--format"):
        read(tmp_path / name)


def test_a_text_a_line_is_not_for_a_model_of_two(tmp_path):
    (tmp_path / "a.txt").write_text("x\n")
    with pytest.raises(ValueError, match="this one takes first, second"):
        read(tmp_path / "a.txt", PAIR)


def test_other_files_have_another_fingerprint(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("review\na\n")
    before = Rows(path, TEXT).fingerprint()
    assert before == Rows(path, TEXT).fingerprint()
    path.write_text("review\nab\n")
    assert before != Rows(path, TEXT).fingerprint()
