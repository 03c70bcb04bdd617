"""Tests of pipeline/failures.py."""

import pytest

from components.ingest import config as ingest
from pipeline import config, failures, paths


def catch(call):
    with pytest.raises(BaseException) as caught:  # noqa: B017, PT011
        call()
    return caught.value


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: config.load("no such file.yaml"),
        lambda: ingest.SplitConfig(train=0),
        lambda: ingest.check_encoding("utf-99"),
    ],
)
def test_errors_our_code_raises_on_purpose_are_the_users(mistake):
    assert failures.is_users(catch(mistake))


@pytest.mark.parametrize(
    "defect",
    [
        lambda: paths.Paths(None, "a").root,  # TypeError in our line: ours to mend.
        lambda: config.load_learner("not JSON"),  # ValueError, but raised inside a library.
        lambda: int("3x"),  # ValueError in a line that is not the project's.
    ],
)
def test_defects_and_errors_of_libraries_are_not(defect):
    assert not failures.is_users(catch(defect))


def test_an_error_that_was_never_raised_is_not():
    assert not failures.is_users(ValueError("no traceback"))
