"""Tests of serving/repository/storage.py."""

import logging
import pathlib

import pytest

from serving.repository.model_config import All, Latest, ServedModel, Specific
from serving.repository.storage import Disk, find_versions, fingerprint, newest_that_loads


def make(base, *names):
    for name in names:
        (base / name).mkdir(parents=True)
    return base


def versions(disk, model, known=()):
    return [dict(sighting.versions) for sighting in disk.look([model], known)]


def numbers(base, policy):
    [found] = versions(Disk(None), ServedModel("demo", base, policy))
    return sorted(found)


def test_folders_with_a_whole_number_of_64_bits_are_versions(tmp_path):
    make(tmp_path, "3", "0010", "-1", "1.5", "v2", ".4", ".incoming-5", "²", "1e3", str(2**63))
    (tmp_path / "30").touch()
    assert numbers(tmp_path, All()) == [-1, 3, 10]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Latest(), [11]),
        (Latest(2), [2, 11]),
        (Latest(9), [1, 2, 11]),
        (Latest(0), [11]),
        (All(), [1, 2, 11]),
        (Specific((1, 2, 7)), [1, 2]),
    ],
)
def test_policies_choose_among_the_versions_on_disk(tmp_path, policy, expected):
    assert numbers(make(tmp_path, "1", "2", "11"), policy) == expected


def test_of_two_folders_with_the_same_number_one_is_ignored_with_a_warning(tmp_path, caplog):
    make(tmp_path, "7", "007")
    [found] = versions(Disk(None), ServedModel("demo", tmp_path))
    assert found == {7: tmp_path / "7"}
    assert (
        "Duplicate version directories detected. Version 7 will be loaded from 7, 007 will be "
        "ignored." in caplog.messages
    )


def test_a_specific_version_that_is_missing_is_warned_about(tmp_path, caplog):
    assert numbers(make(tmp_path, "1"), Specific((1, 7))) == [1]
    assert caplog.messages == [
        "Version 7 of servable demo, which was requested to be served as a 'specific' version in "
        "the servable's version policy, was not found in the file system"
    ]


def test_a_base_folder_that_is_missing_is_an_error_and_says_nothing_of_its_versions(
    tmp_path, caplog
):
    base = tmp_path / "away"
    assert versions(Disk(None), ServedModel("demo", base)) == []
    assert caplog.record_tuples == [
        (
            "serving.repository.storage",
            logging.ERROR,
            "FileSystemStoragePathSource encountered a filesystem access error: Could not find "
            f"base path {base} for servable demo with error NOT_FOUND: {base} not found",
        )
    ]


def test_a_base_folder_that_is_a_file_is_an_error(tmp_path, caplog):
    (tmp_path / "demo").touch()
    assert versions(Disk(None), ServedModel("demo", tmp_path / "demo")) == []
    assert "for servable demo with error UNKNOWN: " in caplog.text


def test_a_base_folder_without_versions_is_empty_and_warned_about(tmp_path, caplog):
    assert versions(Disk(None), ServedModel("demo", tmp_path)) == [{}]
    assert caplog.messages == [
        f"No versions of servable demo found under base path {tmp_path}. Did you forget to name "
        "your leaf directory as a number (eg. '/1/')?"
    ]


def test_one_bad_model_does_not_hide_the_others(tmp_path):
    make(tmp_path, "good/1")
    models = [
        ServedModel("bad", tmp_path / "missing"),
        ServedModel("good", tmp_path / "good"),
    ]
    assert [sighting.name for sighting in Disk(None).look(models, ())] == ["good"]


def test_a_complaint_is_logged_again_only_after_it_has_changed(tmp_path, caplog):
    disk, model = Disk(None), ServedModel("demo", tmp_path / "demo")
    for _ in range(3):
        versions(disk, model)
    assert len(caplog.messages) == 1
    make(tmp_path, "demo/1")
    versions(disk, model)
    assert len(caplog.messages) == 1
    (tmp_path / "demo").rename(tmp_path / "away")
    versions(disk, model)
    assert len(caplog.messages) == 2


def export(path):
    path.mkdir(parents=True)
    (path / "saved_model.pb").write_text("graph")


def test_a_folder_of_models_is_searched_for_complete_versions(tmp_path):
    export(tmp_path / "a" / "3")
    make(tmp_path, "a/4/variables", "b")
    (tmp_path / "note.txt").touch()
    seen = {sighting.name: dict(sighting.versions) for sighting in Disk(tmp_path).look([], ["c"])}
    assert seen == {"a": {3: tmp_path / "a" / "3"}, "b": {}, "c": {}}


def test_a_configured_model_hides_the_one_of_the_same_name_in_the_folder(tmp_path):
    export(tmp_path / "models" / "a" / "3")
    configured = ServedModel("a", make(tmp_path / "other", "8"))
    [sighting] = Disk(tmp_path / "models").look([configured], ())
    assert (sighting.model, set(sighting.versions)) == (configured, {8})


def test_a_folder_of_models_that_is_away_says_nothing(tmp_path):
    assert list(Disk(tmp_path / "away").look([], ["a"])) == []


def test_find_versions_wants_complete_ones_and_an_absent_folder_has_none(tmp_path):
    export(tmp_path / "3")
    make(tmp_path, "4")
    assert find_versions(tmp_path) == {3: tmp_path / "3"}
    assert find_versions(tmp_path / "absent") == {}


@pytest.mark.parametrize(
    ("on_disk", "failed", "expected"),
    [
        ([1, 2, 5], [], {5}),
        ([1, 2, 5], [5], {2, 5}),
        ([1, 2, 5], [2, 5], {1, 2, 5}),
        ([2, 5], [2, 5], {2, 5}),
        ([], [], set()),
    ],
)
def test_the_newest_version_that_loads_is_chosen_beside_those_that_do_not(
    on_disk, failed, expected
):
    assert newest_that_loads(on_disk, failed) == expected


def test_a_fingerprint_changes_with_the_files(tmp_path):
    folder = pathlib.Path(tmp_path, "1")
    export(folder)
    before = fingerprint(folder)
    assert fingerprint(folder) == before
    make(folder, "variables")
    assert fingerprint(folder) == before
    (folder / "variables" / "index").write_text("more")
    assert fingerprint(folder) != before
    assert fingerprint(tmp_path / "absent") == ()
