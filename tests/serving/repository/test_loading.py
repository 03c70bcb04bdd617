"""Tests of serving/repository/loading.py beyond what the repository's tests show."""

import pathlib
import threading
import time

import pytest

from serving import errors
from serving.repository.loading import Loader
from serving.repository.versions import Model
from tests.serving import fakes


class Models:
    """A loader around one model whose version 1 is loaded by `load`."""

    def __init__(self, load, retry_seconds=3600.0):
        self.changed = threading.Condition()
        self.model = Model("demo")
        self.model.max_retries = 1
        self.loader = Loader(load, self.changed, retry_seconds, 0, 0)

    def aspire(self, *numbers):
        with self.changed:
            found = {number: pathlib.Path(str(number)) for number in numbers}
            self.model.aspire(found, lambda versions, failed: set(versions))
            self.loader.act(self.model)

    def wait_for(self, condition):
        with self.changed:
            assert self.changed.wait_for(condition, 10)

    @property
    def version(self):
        return self.model.versions[1]


@pytest.fixture
def make():
    made = []

    def make(load, **settings):
        made.append(Models(load, **settings))
        return made[-1]

    yield make
    for models in made:
        models.aspire()
        models.loader.close()


def test_a_version_that_waits_for_its_next_attempt_can_be_loaded_at_once(make):
    outcomes = [errors.ServingError("DATA_LOSS", "half a file"), None]

    def load(name, version, folder):
        error = outcomes.pop(0)
        if error:
            raise error
        return fakes.FakePredictor(version)

    models = make(load)
    models.aspire(1)
    models.wait_for(lambda: models.version.retry is not None)
    models.loader.load_again(models.model, models.version)
    models.wait_for(lambda: models.version.state == "AVAILABLE")
    assert (models.version.error, outcomes) == (None, [])


def test_attempts_without_an_interval_follow_at_once_and_end(make, caplog):
    tries = []

    def load(name, version, folder):
        tries.append(version)
        raise ZeroDivisionError("a defect")

    models = make(load, retry_seconds=-1.0)
    models.aspire(1)
    models.wait_for(lambda: models.version.state == "END")
    assert tries == [1, 1]
    assert str(models.version.error) == "UNKNOWN: a defect"
    assert "Loading servable: {name: demo version: 1} failed: UNKNOWN: a defect" in caplog.messages


def test_a_kept_error_does_not_keep_the_memory_of_the_failed_load(make):
    raised = errors.ServingError("INTERNAL", "no memory")

    def load(name, version, folder):
        raise raised

    models = make(load, retry_seconds=-1.0)
    models.aspire(1)
    models.wait_for(lambda: models.version.state == "END")
    assert (str(models.version.error), models.version.error.__traceback__) == (str(raised), None)


def test_a_version_that_cannot_be_closed_ends_all_the_same(make, caplog):
    class Stubborn(fakes.FakePredictor):
        def close(self):
            raise RuntimeError("still busy")

    models = make(lambda name, version, folder: Stubborn(version))
    models.aspire(1)
    models.wait_for(lambda: models.version.state == "AVAILABLE")
    models.aspire()
    models.wait_for(lambda: models.version.state == "END")
    assert "Could not unload servable version {name: demo version: 1} in order" in caplog.messages


def test_after_closing_the_last_request_unloads_its_version(make):
    models = make(lambda name, version, folder: fakes.FakePredictor(version))
    models.aspire(1)
    models.wait_for(lambda: models.version.state == "AVAILABLE")
    predictor = models.version.predictor
    models.version.num_requests = 2
    models.aspire()
    models.loader.close()
    models.loader.release(models.model, models.version)
    assert (predictor.is_closed, models.version.state) == (False, "UNLOADING")
    models.loader.release(models.model, models.version)
    assert (predictor.is_closed, models.version.state) == (True, "END")


def test_at_the_start_versions_are_loaded_side_by_side(make):
    together = threading.Barrier(3, timeout=10)

    def load(name, version, folder):
        together.wait()
        return fakes.FakePredictor(version)

    models = make(load)
    models.aspire(1, 2, 3)
    models.wait_for(lambda: {s.state for s in models.model.statuses()} == {"AVAILABLE"})


def test_after_the_start_versions_are_loaded_one_by_one_with_the_newest_first(make):
    begun, running = [], threading.Lock()

    def load(name, version, folder):
        begun.append((version, running.acquire(blocking=False)))
        time.sleep(0.005)
        running.release()
        return fakes.FakePredictor(version)

    models = make(load)
    models.loader.end_start()
    models.aspire(1, 2, 3)
    models.wait_for(lambda: {s.state for s in models.model.statuses()} == {"AVAILABLE"})
    assert begun == [(3, True), (2, True), (1, True)]
