"""Tests of serving/repository/versions.py: which version is loaded and unloaded when."""

import pathlib

import pytest

from serving import errors
from serving.repository.storage import newest_that_loads
from serving.repository.versions import Model

BAD = errors.ServingError("DATA_LOSS", "bad file")


def everything(versions, failed):
    return set(versions)


class Steps:
    """A model whose loads and unloads end when the test says so."""

    def __init__(self, select=everything):
        self.model = Model("demo")
        self.select = select
        self.loading, self.unloading = [], []

    def aspire(self, *numbers):
        self.model.aspire({n: pathlib.Path(str(n)) for n in numbers}, self.select)
        self.step()

    def step(self):
        loads, unloads = self.model.next_steps()
        self.loading += [version.number for version in loads]
        self.unloading += [version.number for version in unloads]

    def loaded(self, number):
        self.loading.remove(number)
        self.model.versions[number].state = "AVAILABLE"
        self.step()

    def failed(self, number):
        self.loading.remove(number)
        version = self.model.versions[number]
        version.failed_files = ("files",)
        version.end(BAD)
        self.step()

    def unloaded(self, number):
        self.unloading.remove(number)
        self.model.versions[number].end()
        self.step()

    def states(self):
        return {status.version: status.state for status in self.model.statuses()}


@pytest.fixture
def steps():
    return Steps()


def test_versions_are_loaded_with_the_highest_first(steps):
    steps.aspire(2, 11, 3)
    assert steps.loading == [11, 3, 2]
    steps.step()
    assert steps.loading == [11, 3, 2]


def test_the_old_version_is_unloaded_when_the_new_one_is_available(steps):
    steps.aspire(1)
    steps.loaded(1)
    steps.aspire(2)
    assert (steps.unloading, steps.model.newest.number) == ([], 1)
    steps.loaded(2)
    assert (steps.unloading, steps.model.newest.number) == ([1], 2)
    steps.unloaded(1)
    assert steps.states() == {2: "AVAILABLE", 1: "END"}


def test_the_old_version_serves_on_when_the_new_one_fails(steps):
    steps.aspire(1)
    steps.loaded(1)
    steps.aspire(2)
    steps.failed(2)
    assert (steps.unloading, steps.model.newest.number) == ([], 1)
    steps.aspire(2)
    assert (steps.loading, steps.states()) == ([], {2: "END", 1: "AVAILABLE"})
    newest = steps.model.statuses()[0]
    assert (newest.error_code, newest.error_message) == ("DATA_LOSS", "bad file")


def test_of_several_old_versions_the_newest_serves_until_a_new_one_does(steps):
    steps.aspire(1, 2, 3)
    for number in (1, 2, 3):
        steps.loaded(number)
    steps.aspire(9)
    assert (steps.unloading, steps.model.newest.number) == ([1, 2], 3)
    steps.loaded(9)
    assert (steps.unloading, steps.model.newest.number) == ([1, 2, 3], 9)


def test_without_any_wanted_version_all_are_unloaded(steps):
    steps.aspire(1, 2)
    steps.loaded(2)
    steps.loaded(1)
    steps.aspire()
    assert (steps.unloading, steps.model.newest) == ([1, 2], None)


def test_a_version_nobody_wants_any_more_is_not_loaded_at_all(steps):
    steps.aspire(1)
    steps.aspire(2)
    assert steps.states() == {2: "START", 1: "END"}


def test_an_old_version_that_is_wanted_again_serves_on(steps):
    steps.aspire(1)
    steps.loaded(1)
    steps.aspire(2)
    steps.failed(2)
    steps.aspire(1)
    assert (steps.loading, steps.unloading) == ([], [])
    assert steps.model.versions[1].is_aspired


def test_a_version_that_is_wanted_again_while_it_is_unloaded_is_loaded_again(steps):
    steps.aspire(1)
    steps.loaded(1)
    steps.aspire()
    steps.aspire(1)
    assert (steps.loading, steps.states()) == ([], {1: "UNLOADING"})
    steps.unloaded(1)
    assert (steps.loading, steps.states()) == ([1], {1: "START"})


def test_a_failed_version_gets_another_chance_when_it_returns_to_the_disk(steps):
    steps.aspire(1)
    steps.failed(1)
    steps.aspire(1)
    assert steps.loading == []
    steps.aspire()
    steps.aspire(1)
    assert steps.loading == [1]


def test_files_that_have_changed_are_tried_once_they_are_at_rest(steps):
    steps.aspire(1)
    steps.failed(1)
    version = steps.model.versions[1]
    looks = [("files",), ("more",), ("most",), ("most",), ("files",), ("files",)]
    assert [version.has_changed(files) for files in looks] == [
        False, False, False, True, False, False,
    ]  # fmt: skip


def test_if_the_newest_fails_an_older_one_is_loaded_when_the_policy_says_so():
    steps = Steps(newest_that_loads)
    steps.aspire(1, 2, 3)
    assert steps.loading == [3]
    steps.failed(3)
    assert (steps.loading, steps.model.is_settled()) == ([2], False)
    steps.loaded(2)
    assert (steps.states(), steps.model.is_settled()) == ({3: "END", 2: "AVAILABLE"}, True)
    steps.model.versions[3].is_aspired = False  # It gets another chance.
    steps.step()
    assert (steps.loading, steps.unloading) == ([3], [])
    steps.failed(3)
    assert (steps.loading, steps.unloading, steps.model.newest.number) == ([], [], 2)


def test_a_model_is_settled_when_nothing_more_is_to_be_expected(steps):
    steps.aspire(1, 2)
    assert not steps.model.is_settled()
    steps.failed(2)
    assert not steps.model.is_settled()
    steps.failed(1)
    assert steps.model.is_settled()
    assert [version.number for version in steps.model.failed()] == [2, 1]
