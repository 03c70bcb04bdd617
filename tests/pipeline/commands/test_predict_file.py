"""Tests of pipeline/commands/predict_file.py with a fake model."""

import csv
import io
import json
import sys

import numpy as np
import pytest

from pipeline import pushed_models
from pipeline.commands import predict_file
from pipeline.scoring import asking
from pipeline.scoring.rows import Input
from serving import client

COUNT = 23


class FakeModel:
    """Answers a text by its length; refuses texts with `bad`, and dies when it is told to."""

    def __init__(self):
        self.asked = []
        self.dies_after = None

    def ask(self, values):
        texts = list(values["text"])
        if self.dies_after is not None and len(self.asked) >= self.dies_after:
            raise KeyboardInterrupt
        if any(b"bad" in text for text in texts):
            raise asking.Refused("no such words")
        self.asked += texts
        return {"value": np.array([len(text) for text in texts], np.float32)}


@pytest.fixture
def fake(monkeypatch):
    fake = FakeModel()
    model = asking.Model(
        (Input("text", "text", "review"),),
        fake.ask,
        "mail, version 1",
    )
    monkeypatch.setattr(pushed_models, "newest", lambda where: None)
    monkeypatch.setattr(asking, "from_disk", lambda pushed: model)
    return fake


@pytest.fixture
def score(tmp_path, fake):
    def call(given, output="out.csv", **options):
        fields = {
            "format": None,
            "settings": (),
            "columns": (),
            "server": None,
            "batch_size": 4,
            "is_forced": False,
        }
        chosen = predict_file.Options(str(given), tmp_path / output, **{**fields, **options})
        return predict_file.run("mail", tmp_path / "workspace", chosen)

    return call


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("id,review\n" + "".join(f"{i},{'x' * (i + 1)}\n" for i in range(COUNT)))
    return path


def written(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_is_answered_in_order(score, reviews, tmp_path, capfd):
    assert score(reviews) == 0
    rows = written(tmp_path / "out.csv")
    assert [(row["id"], float(row["predicted_value"])) for row in rows] == [
        (str(i), i + 1) for i in range(COUNT)
    ]
    assert "23 rows answered" in capfd.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.csv",
        "reviews.csv",
        "workspace",
    ]


def test_a_row_that_the_model_refuses_is_left_out_and_the_rest_of_its_batch_is_not(
    score, tmp_path, capfd
):
    path = tmp_path / "a.jsonl"
    texts = ["one", "a bad one", "three", " ", "five!", "six"]
    path.write_text("".join(json.dumps({"review": text}) + "\n" for text in texts))
    assert score(path) == 0
    assert [row["review"] for row in written(tmp_path / "out.csv")] == [
        "one",
        "three",
        "five!",
        "six",
    ]
    left_out = written(tmp_path / "out.csv.left_out.csv")
    assert [(row["where"], row["reason"]) for row in left_out] == [
        ("a.jsonl:2", "the model refuses it: no such words"),
        ("a.jsonl:4", "`review` is empty"),
    ]
    assert "2 rows left out" in capfd.readouterr().out


@pytest.mark.parametrize("dies_after", [0, 4, 9, 20])
def test_a_killed_command_loses_and_doubles_no_row(score, fake, reviews, tmp_path, dies_after):
    fake.dies_after = dies_after
    with pytest.raises(KeyboardInterrupt):
        score(reviews)
    assert not (tmp_path / "out.csv").exists()
    fake.dies_after = None
    assert score(reviews) == 0
    assert [row["id"] for row in written(tmp_path / "out.csv")] == [str(i) for i in range(COUNT)]
    assert len(fake.asked) - COUNT <= 2 * 4  # Those of the two batches that were asked meanwhile.


def test_other_data_of_the_same_name_is_not_continued(score, fake, reviews, tmp_path):
    fake.dies_after = 8
    with pytest.raises(KeyboardInterrupt):
        score(reviews)
    fake.dies_after = None
    reviews.write_text("id,review\n1,other\n")
    assert score(reviews) == 0
    assert [row["review"] for row in written(tmp_path / "out.csv")] == ["other"]


def test_a_file_that_is_read_in_another_way_is_not_continued(score, fake, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("review\n" + "".join(f"{i}\n" for i in range(9)))
    fake.dies_after = 4
    with pytest.raises(KeyboardInterrupt):
        score(path, format="lines")
    fake.dies_after = None
    assert score(path, format="csv") == 0
    assert [row["review"] for row in written(tmp_path / "out.csv")] == list(map(str, range(9)))


def test_standard_input_is_a_text_a_line(score, tmp_path, monkeypatch):
    data = io.TextIOWrapper(io.BytesIO("하나\n둘셋\n".encode()))
    monkeypatch.setattr(sys, "stdin", data)
    assert score("-", "out.jsonl") == 0
    lines = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[1]) == {
        "where": "stdin:2",
        "review": "둘셋",
        "predicted_value": len("둘셋".encode()),
    }


def test_a_file_without_a_usable_row_ends_with_2(score, tmp_path):
    (tmp_path / "a.csv").write_text("id,review\n1,  \n")
    assert score(tmp_path / "a.csv") == 2
    assert len(written(tmp_path / "out.csv.left_out.csv")) == 1


def test_an_output_that_is_there_is_replaced_only_by_force(score, reviews, tmp_path):
    (tmp_path / "out.csv").write_text("precious")
    with pytest.raises(ValueError, match="--force"):
        score(reviews)
    assert (tmp_path / "out.csv").read_text() == "precious"
    assert score(reviews, is_forced=True) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"output": "out.xls"}, r"--output must end in \.csv.*out\.xls"),
        ({"columns": ("txt=review",)}, "Did you mean 'text'"),
        ({"columns": ("text",)}, "KEY=VALUE"),
        ({"columns": ("text=no",)}, "no column 'no'"),
    ],
)
def test_a_wrong_option_is_told(score, reviews, options, words):
    with pytest.raises(ValueError, match=words):
        score(reviews, **options)


def test_an_input_that_is_not_there_is_told(score):
    with pytest.raises(ValueError, match="--input: there is no file or folder"):
        score("nowhere.csv")


def test_a_server_that_stops_ends_the_command_and_the_same_command_continues(
    score, fake, reviews, tmp_path, monkeypatch
):
    dies = [False, False, True]

    class Server:
        """Answers twice, then no more."""

        def __init__(self, address):
            self.address = address

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

    def ask(values):
        if dies.pop(0):
            raise client.ClientError("nobody answers", "UNAVAILABLE")
        return fake.ask(values)

    monkeypatch.setattr(client, "Client", Server)
    model = asking.Model((Input("text", "text", "review"),), ask, "mail at here:1")
    monkeypatch.setattr(asking, "from_server", lambda *_: model)
    with pytest.raises(ValueError, match="nobody answers"):
        score(reviews, server="here:1")
    dies += [False] * 9
    assert score(reviews, server="here:1") == 0
    assert [row["id"] for row in written(tmp_path / "out.csv")] == [str(i) for i in range(COUNT)]
    assert len(fake.asked) == COUNT
