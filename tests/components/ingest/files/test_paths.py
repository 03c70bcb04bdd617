"""Tests of components/ingest/{locate,missing,names,files}.py: from paths as written to files."""

import gzip
import os
import socket
import unicodedata

import pytest

from components.ingest import columns, config, errors, fingerprint, reading
from components.ingest.files import source_files

WANTED = columns.Wanted(("text", "label"), None)
TEXT = (config.Feature("text", "text"), config.Feature("label", "category"))
IMAGE = (config.Feature("image", "image"), config.Feature("label", "category"))
CSV = "text,label\na,x\n"
NFD = unicodedata.normalize("NFD", "리뷰")


def write(path, content=CSV):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def found(base, path, kind=config.CsvSource):
    return [file.name for file in source_files.find(kind(path), str(base))]


def refusal(base, source, wanted=WANTED):
    with pytest.raises(errors.DataError) as caught:
        reading.open_source(source, str(base), str(base), wanted)
    return str(caught.value)


@pytest.mark.parametrize("name", ["run[1]", "run?", "run*", "100% #1 {a} 'b' $HOME", "a\nb"])
def test_the_folder_of_the_yaml_is_never_a_pattern(tmp_path, name):
    write(tmp_path / "run1" / "wrong.csv")
    write(tmp_path / name / "a.csv")
    assert found(tmp_path / name, "*.csv") == ["a.csv"]
    assert found(tmp_path / name, "a.csv") == ["a.csv"]
    assert found(tmp_path / name, ".") == ["a.csv"]


def test_what_is_there_letter_for_letter_comes_before_a_pattern(tmp_path):
    write(tmp_path / "data [1]" / "a.csv")
    write(tmp_path / "data 1" / "wrong.csv")
    assert found(tmp_path, "data [1]") == ["a.csv"]
    assert found(tmp_path, "data [1]/*.csv") == ["data [1]/a.csv"]
    assert found(tmp_path, "data [1]/a.csv") == ["a.csv"]
    assert found(tmp_path, "data [12]/*.csv") == ["data 1/wrong.csv"]
    assert found(tmp_path / "elsewhere", f"{tmp_path}/data [1]/*.csv") == ["a.csv"]


def test_patterns_cross_folders_and_leave_hidden_files_out(tmp_path):
    for name in ("a.csv", "b/c.csv", "b/d/e.csv", ".hidden/f.csv", "b/.g.csv", "@eaDir/h.csv"):
        write(tmp_path / name)
    assert found(tmp_path, "**/*.csv") == ["a.csv", "b/c.csv", "b/d/e.csv"]
    assert found(tmp_path, "b/**") == ["b/c.csv", "b/d/e.csv"]
    assert found(tmp_path, "*/*.csv") == ["b/c.csv"]
    assert found(tmp_path, ".hid*/*.csv") == [".hidden/f.csv"]
    assert found(tmp_path, "[ab].csv") == ["a.csv"]


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    write(tmp_path / "home" / "a.csv")
    assert found(tmp_path, "~/a.csv") == ["a.csv"]
    write(tmp_path / "~" / "b.csv")
    assert found(tmp_path, "~/b.csv") == ["b.csv"]


@pytest.mark.parametrize(("written", "on_disk"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_are_found_in_either_unicode_form(tmp_path, written, on_disk):
    folder, file = (unicodedata.normalize(on_disk, name) for name in ("자료", "리뷰.csv"))
    write(tmp_path / folder / file)
    path = unicodedata.normalize(written, "자료/리뷰.csv")
    assert found(tmp_path, path) == [file]
    pattern = unicodedata.normalize(written, "자료/리*.csv")
    assert found(tmp_path, pattern) == [f"{folder}/{file}"]


def test_the_exact_spelling_comes_first_and_several_others_are_told(tmp_path):
    write(tmp_path / f"{NFD}.csv")
    write(tmp_path / "리뷰.csv")
    assert found(tmp_path, f"{NFD}.csv") == [f"{NFD}.csv"]
    assert found(tmp_path, "리뷰.csv") == ["리뷰.csv"]
    mixed = NFD[:2] + "뷰.csv"
    assert "several files there have this name in other spellings" in refusal(
        tmp_path, config.CsvSource(mixed)
    )


def test_endings_are_found_in_any_case(tmp_path):
    write(tmp_path / "A.CSV")
    (tmp_path / "B.Csv.GZ").write_bytes(gzip.compress(CSV.encode()))
    assert found(tmp_path, ".") == ["A.CSV", "B.Csv.GZ"]
    assert found(tmp_path, "*.csv") == ["A.CSV"]
    assert found(tmp_path, "*.csv.gz") == ["B.Csv.GZ"]
    assert found(tmp_path, "A.csv") == ["A.CSV"]
    assert "Did you mean 'A.CSV'?" in refusal(tmp_path, config.CsvSource("a.CSV"))


def test_the_workspace_and_leftovers_of_other_programs_are_no_data(tmp_path):
    write(tmp_path / "a.csv")
    data = config.DataConfig(config.CsvSource("."))
    before = fingerprint.fingerprint(data, TEXT, str(tmp_path))
    for name in (
        "any name/runs/reviews/run.lock",
        "any name/runs/reviews/artifacts/b.csv",
        "only a ladder/runs/reviews/ladder/run.lock",
        "only a ladder/runs/reviews/ladder/artifacts/b.csv",
        "only a preview/runs/reviews/augment/log.txt",
        "only a preview/runs/reviews/augment/g.csv",
        "only modules/hub/abc/manifest.json",
        "only modules/hub/abc/module/h.csv",
        "only samples/samples/imdb_small-0123456789ab/c.csv",
        "$RECYCLE.BIN/d.csv",
        "lost+found/e.csv",
        "._a.csv",
        "~$a.csv",
        "c.yaml",
    ):
        write(tmp_path / name)
    assert found(tmp_path, ".") == found(tmp_path, "**/*.csv") == ["a.csv"]
    assert fingerprint.fingerprint(data, TEXT, str(tmp_path)) == before
    assert found(tmp_path, "any name/runs/reviews/artifacts") == ["b.csv"]


def test_a_folder_that_is_data_and_workspace_keeps_its_data(tmp_path):
    for name in ("project/a.csv", "project/runs/reviews/run.lock", "project/served/b.csv"):
        write(tmp_path / name)
    assert found(tmp_path, ".") == ["project/a.csv"]
    assert found(tmp_path / "project", ".") == ["a.csv"]


def test_folders_of_tfrecords_may_hold_descriptions(tmp_path):
    for name in ("c.yaml", "features.json", "label.labels.txt", "data.tfrecord-00000-of-00001"):
        write(tmp_path / name)
    assert found(tmp_path, ".", config.TfrecordSource) == ["data.tfrecord-00000-of-00001"]


def test_links_that_lead_nowhere_are_named_as_such(tmp_path):
    (tmp_path / "data.csv").symlink_to("/nonexistent/data.csv")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    said = refusal(tmp_path, config.CsvSource("data.csv"))
    assert "data.csv is a link to /nonexistent/data.csv, which is not there" in said
    assert "data.csv is a link to /nonexistent" in refusal(tmp_path, config.CsvSource("*.csv"))
    assert "data.csv is a link to /nonexistent" in refusal(tmp_path, config.CsvSource("."))
    assert "is a link that leads back" in refusal(tmp_path, config.CsvSource("circle"))
    assert "is a link that leads back" in refusal(tmp_path, config.CsvSource("circle/a.csv"))


def test_what_is_neither_file_nor_folder_is_named_as_such(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
    assert "pipe.csv is a named pipe" in refusal(tmp_path, config.CsvSource("pipe.csv"))
    assert "pipe.csv is a named pipe" in refusal(tmp_path, config.CsvSource("."))
    assert "socket is a socket" in refusal(tmp_path, config.CsvSource("socket"))
    assert "/dev/null is a device" in refusal(tmp_path, config.CsvSource("/dev/null"))


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("my photos.zip", "Unpack it (unzip 'my photos.zip') and name the folder"),
        ("photos.TGZ", "Unpack it (tar -xf photos.TGZ)"),
        ("photos.csv", "`kind: image_table`"),
        ("photos.jpg", "Name the folder"),
    ],
)
def test_a_file_is_no_folder_of_images(tmp_path, name, advice):
    write(tmp_path / name)
    said = refusal(tmp_path, config.ImageFolderSource(name))
    assert f"{name} is a file; expected a folder. " in said
    assert advice in said
    assert "Did you mean" not in said


def test_images_of_a_table_must_be_a_folder(tmp_path):
    write(tmp_path / "t.csv", "image,label\na.png,x\n")
    for name, said in (("t.csv", "is a file; expected a folder"), ("pictures", "does not exist")):
        source = config.ImageTableSource("t.csv", images=name)
        told = refusal(tmp_path, source, columns.Wanted(("image", "label"), "image"))
        assert told.startswith("`data.source.images`: ")
        assert said in told


def test_the_step_that_leads_nowhere_is_named(tmp_path):
    write(tmp_path / "a.csv")
    write(tmp_path / "sub" / "b.csv")
    for path, said in (
        ("a.csv/b.csv", "a.csv is a file and not a folder"),
        ("sub/c.tsv", "there is no 'c.tsv' in "),
        ("sub /b.csv", "there is no 'sub ' in "),
        ("sub/*.tsv", "nothing in {}/sub fits the pattern '*.tsv'. There are: 'b.csv'"),
        ("su[c]/*.tsv", "nothing in {} fits the pattern 'su[c]'"),
        ("a\0b", "there is no 'a\\x00b' in "),
        ("x" * 300, "does not exist"),
    ):
        assert said.format(tmp_path) in refusal(tmp_path, config.CsvSource(path)), path


@pytest.mark.parametrize(("path", "closed"), [("d/b.csv", "d"), ("d", "d"), ("d/a.csv", "d/a.csv")])
def test_what_this_user_may_not_read_is_told(tmp_path, monkeypatch, path, closed):
    write(tmp_path / "d" / "a.csv")
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(tmp_path / closed))
    said = refusal(tmp_path, config.CsvSource(path))
    assert f"{closed} may not be read by this user (permission denied)" in said


def test_addresses_and_backslashes_are_told(tmp_path):
    write(tmp_path / "d" / "a.csv")
    said = refusal(tmp_path, config.CsvSource("https://example.com/a.csv"))
    assert "is an address, and only files are read. Download it" in said
    said = refusal(tmp_path, config.CsvSource("d\\a.csv"))
    assert "Write / between folders, as in 'd/a.csv'" in said


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (config.CsvSource, "text,label\na,x\nonly\n"),
        (config.TsvSource, "text\tlabel\na\tx\nonly\n"),
        (config.JsonlSource, '{"text": "a", "label": "x"}\n\n[]\n'),
    ],
)
def test_files_whose_names_are_not_utf8_are_read_and_named_escaped(tmp_path, kind, content):
    raw = os.fsencode(tmp_path) + b"/" + "리뷰".encode("cp949") + f".{kind.kind}".encode()
    write(tmp_path / os.fsdecode(raw), content)
    source = kind(f"*.{kind.kind}")
    opened = reading.open_source(source, str(tmp_path), "", WANTED)
    good, bad = (entry for shard in opened.shards for entry in opened.read(shard))
    assert good.values["text"] == "a"
    assert bad.where == f"\\xb8\\xae\\xba\\xe4.{kind.kind}:3"
    assert len(fingerprint.fingerprint(config.DataConfig(source), TEXT, str(tmp_path))) == 32


def test_columns_are_found_in_either_unicode_form(tmp_path):
    write(tmp_path / "a.csv", f"{NFD},label\na,x\n")
    write(tmp_path / "b.csv", "리뷰,label\nb,x\n")
    for name in ("리뷰", NFD):
        wanted = columns.Wanted((name, "label"), None)
        opened = reading.open_source(config.CsvSource("*.csv"), str(tmp_path), "", wanted)
        rows = [entry.values for shard in opened.shards for entry in opened.read(shard)]
        assert rows == [{name: "a", "label": "x"}, {name: "b", "label": "x"}]


def test_json_keys_may_change_their_unicode_form_from_line_to_line(tmp_path):
    write(tmp_path / "a.jsonl", f'{{"{NFD}": "a", "label": 1}}\n{{"리뷰": "b", "label": 2}}\n')
    wanted = columns.Wanted(("리뷰", "label"), None)
    opened = reading.open_source(config.JsonlSource("a.jsonl"), str(tmp_path), "", wanted)
    rows = [entry.values for shard in opened.shards for entry in opened.read(shard)]
    assert [row["리뷰"] for row in rows] == ["a", "b"]


def test_parquet_columns_are_found_in_either_unicode_form(tmp_path):
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({NFD: ["a"], "label": [1], "more": [2]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    wanted = columns.Wanted(("리뷰", "label"), None)
    opened = reading.open_source(config.ParquetSource("a.parquet"), str(tmp_path), "", wanted)
    rows = [entry.values for shard in opened.shards for entry in opened.read(shard)]
    assert rows == [{"리뷰": "a", "label": 1}]


def test_an_exact_column_comes_first_and_several_others_are_refused(tmp_path):
    write(tmp_path / "a.csv", f"{NFD},리뷰,label\na,b,x\n")
    wanted = columns.Wanted(("리뷰", "label"), None)
    opened = reading.open_source(config.CsvSource("a.csv"), str(tmp_path), "", wanted)
    assert next(opened.read(opened.shards[0])).values["리뷰"] == "b"
    mixed = columns.Wanted((NFD[:2] + "뷰", "label"), None)
    assert "two columns are named" in refusal(tmp_path, config.CsvSource("a.csv"), mixed)
