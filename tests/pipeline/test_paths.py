"""Tests of pipeline/{paths,places,config_file}.py: folders by names that every library takes."""

import os
import pathlib
import unicodedata

import pytest

from pipeline import paths
from pipeline.config import loading, problems, relative_paths

NFD = unicodedata.normalize("NFD", "작업")


@pytest.fixture
def links(tmp_path, monkeypatch):
    folder = tmp_path / "links"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.mark.parametrize("name", ["run [1]", "a*", "b?", "c\\d", "e [v1]/workspace"])
def test_a_workspace_that_reads_as_a_pattern_gets_a_link_that_stays(tmp_path, links, name):
    found = paths.workspace(tmp_path / name, is_made=True)
    assert not set("*?[\\") & set(str(found))
    assert found.resolve() == tmp_path / name
    assert found.is_relative_to(links)
    found.unlink()
    assert paths.workspace(tmp_path / name) == found
    assert os.readlink(found) == str(tmp_path / name)
    assert (links / f"maru-{os.getuid()}").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("folder", ["/proc/x", "/dev/null/x", "/proc/self/fd/x"])
def test_a_workspace_that_cannot_be_made_is_told_as_that(folder):
    with pytest.raises(ValueError, match="--workspace: .* cannot be made: .*Choose a folder"):
        paths.workspace(pathlib.Path(folder), is_made=True)


def test_other_workspaces_are_used_by_their_own_name(tmp_path, links):
    for name in ("a b", "100% #1 {x} 'y' \"z\"", "작업", "missing [1]"):
        assert paths.workspace(tmp_path / name) == tmp_path / name
        assert not (tmp_path / name).exists()
    assert list(links.iterdir()) == []


def test_a_folder_of_links_that_somebody_else_made_is_not_trusted(tmp_path, links):
    (links / f"maru-{os.getuid()}").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="belongs to somebody else. Set TMPDIR"):
        paths.workspace(tmp_path / "run [1]", is_made=True)


def test_people_see_the_real_folder(tmp_path, links, monkeypatch):
    found = paths.workspace(tmp_path / "run [1]", is_made=True)
    assert paths.shown(found / "log.txt") == str(tmp_path / "run [1]" / "log.txt")
    monkeypatch.chdir(tmp_path)
    assert paths.shown(found / "log.txt") == "run [1]/log.txt"


def test_a_workspace_whose_path_is_not_utf8_is_refused_with_its_bytes(tmp_path):
    folder = tmp_path / os.fsdecode("작업".encode("cp949"))
    with pytest.raises(ValueError, match=r"--workspace: .*\\xc0.*\\xf7 is not UTF-8"):
        paths.workspace(folder)


def test_a_config_whose_path_is_not_utf8_is_refused_with_its_bytes(tmp_path):
    folder = tmp_path / os.fsdecode("작업".encode("cp949"))
    folder.mkdir()
    (folder / "c.yaml").write_text("name: x")
    with pytest.raises(problems.ConfigError, match=r"\\xc0.*\\xf7/c.yaml:\n.*not UTF-8"):
        loading.load(folder / "c.yaml")


def test_a_config_that_cannot_be_read_is_told_as_what_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("c.yaml").symlink_to("/nonexistent.yaml")
    pathlib.Path("circle.yaml").symlink_to("circle.yaml")
    pathlib.Path("file").write_text("")
    for name, said in (
        ("c.yaml", "it is a link to /nonexistent.yaml, which is not there"),
        ("circle.yaml", "it cannot be read: Too many levels of symbolic links"),
        ("file/c.yaml", "it cannot be read: Not a directory"),
        ("d.yaml", "there is no such file. Did you mean 'c.yaml'?"),
        (".", "this is a folder, not a YAML file"),
        ("x" * 300, "it cannot be read: File name too long"),
    ):
        with pytest.raises(problems.ConfigError) as caught:
            loading.load(name)
        assert said in str(caught.value), name


def test_files_of_a_model_are_found_in_either_unicode_form(tmp_path):
    (tmp_path / NFD).mkdir()
    assert relative_paths.place("작업", tmp_path) == str(tmp_path / NFD)
    assert relative_paths.place("작업/없음", tmp_path) == str(tmp_path / "작업" / "없음")
    assert relative_paths.place_preset("./작업", tmp_path) == str(tmp_path / NFD)


def test_a_saved_model_is_placed_under_a_name_that_can_be_loaded(tmp_path, links):
    (tmp_path / "module [1]").mkdir()
    assert relative_paths.place_saved_model("module [1]", tmp_path).startswith(str(links))
    assert relative_paths.place_saved_model("module", tmp_path) == str(tmp_path / "module")
