"""Tests of components/push/push.py."""

import os
import pathlib
import time

import pytest

from components.push import push


@pytest.fixture
def model(tmp_path):
    """A folder that looks like a SavedModel."""
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.index").write_bytes(b"weights")
    return folder


@pytest.fixture
def served(tmp_path):
    return tmp_path / "served" / "reviews"


@pytest.fixture
def clock(monkeypatch):
    """Stands still at the value of its `now`."""

    class Clock:
        now = 1000.9

    monkeypatch.setattr(time, "time", lambda: Clock.now)
    return Clock


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_version_is_a_complete_copy_that_names_its_source(model, served):
    version, is_new = push.push(model, served, source="run/7")
    assert is_new
    assert [path.name for path in served.iterdir()] == [str(version)]
    copied = files(served / str(version))
    assert copied.pop(push.SOURCE_FILE) == b"run/7"
    assert copied == files(model)


def test_the_same_model_is_not_pushed_twice(model, served):
    first = push.push(model, served, source="run/7")
    assert push.push(model, served, source="run/7") == (first[0], False)
    assert push.versions(served) == [first[0]]


def test_version_numbers_rise_even_if_the_clock_stands_still_or_goes_back(model, served, clock):
    assert push.push(model, served, source="a") == (1000, True)
    assert push.push(model, served, source="b") == (1001, True)
    clock.now = 5.0
    assert push.push(model, served, source="c") == (1002, True)
    clock.now = 2000.0
    assert push.push(model, served, source="d") == (2000, True)
    assert push.versions(served) == [1000, 1001, 1002, 2000]


def test_an_earlier_model_is_pushed_again_after_another_one(model, served, clock):
    for source, version in (("a", 1000), ("b", 1001), ("a", 1002)):
        assert push.push(model, served, source=source) == (version, True)


def test_versions_are_compared_as_numbers(model, served):
    (served / "9").mkdir(parents=True)
    (served / "10").mkdir()
    (served / "notes").mkdir()
    (served / "11").write_text("a file")
    assert push.versions(served) == [9, 10]


def test_a_copy_that_fails_leaves_no_version(model, served, monkeypatch):
    push.push(model, served, source="a")
    before = files(served)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        push.push(model, served, source="b")
    assert len(push.versions(served)) == 1
    visible = {name: data for name, data in files(served).items() if not name.startswith(".")}
    assert visible == before


def test_a_killed_push_is_swept_up_by_the_next(model, served):
    leftover = served / ".incoming-1000"
    leftover.mkdir(parents=True)
    (leftover / "saved_model.pb").write_bytes(b"half")
    assert push.versions(served) == []
    version, is_new = push.push(model, served, source="a")
    assert is_new
    assert [path.name for path in served.iterdir()] == [str(version)]


def test_a_version_appears_only_when_it_is_on_disk(model, served, monkeypatch):
    seen = []
    rename = os.rename

    def watched(source, target):
        seen.append((pathlib.Path(source).name, push.versions(served), files(source).keys()))
        rename(source, target)

    monkeypatch.setattr(os, "rename", watched)
    version, _ = push.push(model, served, source="a")
    complete = {"saved_model.pb", "variables/variables.index", push.SOURCE_FILE}
    assert seen == [(f".incoming-{version}", [], complete)]


def test_a_version_pushed_by_hand_is_never_taken_for_this_model(model, served, clock):
    (served / "1500").mkdir(parents=True)
    (served / "1500" / "saved_model.pb").write_bytes(b"graph")
    assert push.push(model, served, source="a") == (1501, True)
