"""Files of a word a line with its tags."""

import pytest

from components.ingest import columns, config, errors, preview, row
from components.ingest.sources import conll


def read(folder, text, name="train.txt", wanted=("tokens", "tags")):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    source = config.ConllSource(path=name)
    shards = conll.shards(source, str(folder), columns.Wanted(tuple(wanted), None))
    return [entry for shard in shards for entry in conll.read(source, shard)]


def test_a_blank_line_ends_a_sentence(tmp_path):
    found = read(tmp_path, "EU B-ORG\nrejects O\n\nPeter B-PER\n\n\nBlackburn I-PER\n")
    assert [one.values["tokens"] for one in found] == [["EU", "rejects"], ["Peter"], ["Blackburn"]]
    assert [one.where for one in found] == ["train.txt:1", "train.txt:4", "train.txt:7"]
    assert {one.split for one in found} == {None}


def test_columns_between_are_kept_and_documents_are_told_apart(tmp_path):
    text = "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\n\n-DOCSTART- -X- O O\n\nPeter NNP I-NP I-PER\n"
    first, second = read(tmp_path, text)
    assert first.values == {
        "tokens": ["EU"],
        "tags": ["I-ORG"],
        "column_2": ["NNP"],
        "column_3": ["I-NP"],
        "document": "train.txt 1",
    }
    assert second.values["document"] == "train.txt 2"


def test_sentences_of_a_document_stay_together(tmp_path):
    text = "".join(f"-DOCSTART- O\n\nEU{place} B-ORG\n\nit{place} O\n\n" for place in range(40))
    (tmp_path / "a.conll").write_text(text, encoding="utf-8")
    features = [
        config.Feature("tokens", "text", joiner=" "),
        config.Feature("tags", "spans", within="tokens"),
    ]
    data = config.DataConfig(config.ConllSource("a.conll"), config.SplitConfig(group="document"))
    seen = preview.preview(data, features, str(tmp_path), str(tmp_path))
    counts = {split: found.total() for split, found in seen.counts.classes.items()}
    assert seen.counts.num_groups == 40
    assert len(counts) == 2 and all(count % 2 == 0 for count in counts.values())


def test_korean_tagged_by_characters_keeps_its_spaces(tmp_path):
    text = "## klue-ner-v1_train_00000-nsmc\t<서울:LC> 로\n서\tB-LC\n울\tI-LC\n \tO\n로\tO\n"
    (found,) = read(tmp_path, text, "klue.tsv")
    assert found.values["tokens"] == ["서", "울", " ", "로"]


@pytest.mark.parametrize("line", ["# sent_id = 1", "# text = EU rejects it"])
def test_comments_before_a_sentence_are_no_words(tmp_path, line):
    (found,) = read(tmp_path, f"{line}\nEU\tB-ORG\n#\tO\n")
    assert found.values["tokens"] == ["EU", "#"]


def test_windows_line_breaks_and_a_mark_of_utf_8_are_no_content(tmp_path):
    (found,) = read(tmp_path, b"\xef\xbb\xbfEU B-ORG\r\nit O\r\n")
    assert found.values == {"tokens": ["EU", "it"], "tags": ["B-ORG", "O"], "document": ""}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("EU B-ORG\nrejects\n\nok O\n", "line 2 has one column, 'rejects': no tag"),
        ("EU B-ORG\nrejects VB O\n\nok O\n", "line 2 has 3 columns, the sentence's first 2"),
        (b"EU B-ORG\n\xff\xfe O\n\nok O\n", "byte 0xff at position 9 of the file is not utf-8"),
    ],
)
def test_a_bad_line_takes_its_sentence_and_no_other(tmp_path, text, reason):
    bad, good = read(tmp_path, text)
    assert isinstance(bad, row.Rejected)
    assert reason in bad.reason
    assert good.values["tokens"] == ["ok"]


def test_a_file_without_tags_is_refused(tmp_path):
    with pytest.raises(errors.DataError, match="expected a word and its tag on each line"):
        read(tmp_path, "just\ntext\n")


def test_a_column_that_is_not_there_is_told(tmp_path):
    with pytest.raises(errors.DataError, match="no column 'words'"):
        read(tmp_path, "EU B-ORG\n", wanted=("words", "tags"))
