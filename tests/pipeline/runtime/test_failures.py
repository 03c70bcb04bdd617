"""Tests of pipeline/runtime/failures.py."""

import errno
import shutil
import types

import pytest
import tensorflow as tf

from models.tuning.config import SearchRange
from pipeline import paths
from pipeline.config import loading
from pipeline.runtime import failures


def catch(call):
    with pytest.raises(BaseException) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: loading.load("no such file.yaml"),
        lambda: SearchRange(),
    ],
)
def test_errors_our_code_raises_on_purpose_are_the_users(mistake):
    assert failures.is_users(catch(mistake))


@pytest.mark.parametrize(
    "defect",
    [
        lambda: paths.Paths(None, "a").root,  # TypeError in our line: ours to mend.
        lambda: loading.load_learner("not JSON"),  # ValueError, but raised inside a library.
        lambda: int("3x"),  # ValueError in a line that is not the project's.
    ],
)
def test_defects_and_errors_of_libraries_are_not(defect):
    assert not failures.is_users(catch(defect))


def test_an_error_that_was_never_raised_is_not():
    assert not failures.is_users(ValueError("no traceback"))


def test_a_full_disk_is_the_users_to_mend_wherever_it_was_met(tmp_path):
    try:
        (tmp_path / "no" / "such" / "folder").write_text("")
    except OSError as error:
        assert not failures.is_users(error)
    full = OSError(errno.ENOSPC, "No space left on device", "/data/log.txt")
    assert failures.is_users(full)


def test_memory_that_is_not_there_is_the_users_to_mend_wherever_it_was_met():
    for error in (
        MemoryError(),
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ):
        assert failures.is_users(error)
        assert "smaller `training.batch_size`" in failures.describe(error)


def test_a_path_that_the_system_does_not_take_is_the_users_to_mend(tmp_path):
    with pytest.raises(OSError, match="too long") as caught:
        (tmp_path / ("x" * 300)).exists()
    assert failures.is_users(caught.value)


def test_a_full_disk_is_told_whatever_a_library_makes_of_it(tmp_path, monkeypatch):
    error = RuntimeError("cannot commit - no transaction is active")
    log = tmp_path / "log.txt"
    assert failures.explain(error, log).code == 1
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=4096))
    told = failures.explain(error, log)
    assert (told.text.split(".")[0], told.code) == ("The disk is full", 2)
    mistake = catch(lambda: loading.load("no.yaml"))
    assert "no such file" in failures.explain(mistake, log).text


def test_a_defect_is_told_with_the_place_of_its_traceback(tmp_path):
    log = tmp_path / "log.txt"
    assert failures.explain(ZeroDivisionError("a defect."), log) == failures.Failure(
        f"Unexpected: ZeroDivisionError: a defect. The traceback is in {log}", 1
    )
    assert failures.explain(catch(lambda: SearchRange()), log).code == 2
