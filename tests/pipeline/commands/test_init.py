"""Tests of pipeline/commands/init.py: what a person gets in a folder of data."""

import pytest

from pipeline.config import loading

ROWS = "text,label\n" + "".join(f"so it was {i},{'good' if i % 3 else '나쁨'}\n" for i in range(60))


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(monkeypatch, tmp_path):
    """The config is written to the current folder."""
    monkeypatch.chdir(tmp_path)


def test_a_config_is_written_explained_and_checked(maru, tmp_path):
    (tmp_path / "My Reviews.csv").write_text(ROWS, encoding="utf-8")
    code, out, _ = maru("init", "My Reviews.csv")
    assert code == 0
    assert "my_reviews.yaml: guessed from all 60 rows" in out
    assert "task.label: label  named as what is learned; 2 values" in out
    assert "ready: maru run my_reviews.yaml" in out
    config = loading.load(tmp_path / "my_reviews.yaml")
    assert config.name == "my_reviews"
    assert config.data.source.path == "My Reviews.csv"


def test_paths_start_from_the_folder_of_the_yaml(maru, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "configs").mkdir()
    (tmp_path / "data/train.csv").write_text(ROWS, encoding="utf-8")
    assert maru("init", "data/train.csv", "--output", "configs/first.yaml")[0] == 0
    config = loading.load(tmp_path / "configs/first.yaml")
    assert (config.name, config.data.source.path) == ("first", "../data/train.csv")


def test_a_file_named_after_a_split_gives_the_name_of_its_folder(maru, tmp_path):
    (tmp_path / "3 stars").mkdir()
    (tmp_path / "3 stars/train.csv").write_text(ROWS, encoding="utf-8")
    assert maru("init", "3 stars/train.csv")[0] == 0
    assert loading.load(tmp_path / "data_3_stars.yaml").name == "data_3_stars"


def test_nothing_is_replaced_without_being_told(maru, tmp_path):
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "a.yaml").write_text("mine")
    code, _, err = maru("init", "a.csv")
    assert code == 2
    assert "a.yaml is there already. Replace it with --force" in err
    assert (tmp_path / "a.yaml").read_text() == "mine"
    assert maru("init", "a.csv", "--force")[0] == 0
    assert loading.load(tmp_path / "a.yaml").name == "a"


def test_nothing_is_written_about_data_without_a_task(maru, tmp_path):
    (tmp_path / "a.txt").write_text("So it began.\nAnd it ended.\n")
    code, _, err = maru("init", "a.txt")
    assert code == 2
    assert "lines of text without labels" in err
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


def test_what_the_check_finds_is_the_exit_code(maru, tmp_path):
    rows = "".join(f"so it was {i},good\n" for i in range(20))
    (tmp_path / "a.csv").write_text(f"text,label\n{rows}")
    code, out, _ = maru("init", "a.csv")
    assert code == 2
    assert "have the same label, 'good'" in " ".join(out.split())
    assert (tmp_path / "a.yaml").exists()


def test_missing_data_is_told_in_terms_of_the_command(maru):
    code, _, err = maru("init", "nowhere.csv")
    assert code == 2
    assert err.startswith("DATA: 'nowhere.csv' does not exist")
