"""Tests of serving/repository: versions come, fail and go while requests are answered."""

import gc
import logging
import threading
import time
import weakref

import pytest

from serving import errors
from serving.model import ModelSpec
from serving.repository.model_config import All, Latest
from serving.repository.repository import RepositoryConfig
from tests.serving import fakes
from tests.serving.repositories import (
    DEMO,
    PATIENT,
    Loader,
    demo,
    in_background,
    opened,
    push,
    served,
    states,
    wait_for,
)


@pytest.fixture
def load():
    return Loader()


@pytest.fixture
def make(load):
    """Makes repositories that are closed at the end."""
    with opened(load) as make:
        yield make


def test_a_new_version_replaces_the_old_one(make, tmp_path, load):
    push(tmp_path, 1)
    repository = make()
    repository.apply([demo(tmp_path)])
    repository.start()
    push(tmp_path, 2)
    wait_for(lambda: states(repository) == {2: "AVAILABLE", 1: "END"})
    assert served(repository) == 2
    assert [predictor.is_closed for predictor in load.loaded] == [True, False]


def test_the_old_version_serves_while_the_new_one_loads(make, tmp_path, load):
    push(tmp_path, 1)
    repository = make()
    repository.apply([demo(tmp_path)])
    push(tmp_path, 2, "slow")
    repository.poll()
    wait_for(lambda: states(repository)[2] == "LOADING")
    assert (served(repository), states(repository)[1]) == (1, "AVAILABLE")
    load.go.set()
    wait_for(lambda: states(repository)[1] == "END")
    assert served(repository) == 2


def test_the_old_version_is_unloaded_after_its_last_request(make, tmp_path):
    push(tmp_path, 1)
    repository = make()
    repository.apply([demo(tmp_path)])
    with repository.lease(DEMO) as first, repository.lease(DEMO):
        push(tmp_path, 2)
        repository.poll()
        wait_for(lambda: states(repository) == {2: "AVAILABLE", 1: "UNLOADING"})
        assert served(repository) == 2
        assert not first.is_closed
    wait_for(lambda: first.is_closed)
    wait_for(lambda: states(repository)[1] == "END")


def test_a_bad_version_is_reported_and_the_old_one_serves_on(make, tmp_path, load):
    push(tmp_path, 1)
    repository = make()
    repository.apply([demo(tmp_path)])
    push(tmp_path, 2, "bad")
    repository.poll()
    wait_for(lambda: states(repository) == {2: "END", 1: "AVAILABLE"})
    for _ in range(3):
        repository.poll()
    [newest] = repository.status("demo", 2)
    assert (newest.error_code, newest.error_message) == ("DATA_LOSS", "cannot read version 2")
    assert (served(repository), repository.is_ready()) == (1, True)
    assert load.tries.count(("demo", 2)) == 1


def test_loading_is_tried_again_as_often_as_configured(make, tmp_path, load, caplog):
    caplog.set_level(logging.INFO)
    push(tmp_path, 1, "bad")
    repository = make(RepositoryConfig(max_load_retries=2, load_retry_seconds=0.001))
    with pytest.raises(errors.ServingError) as caught:
        repository.apply([demo(tmp_path)])
    assert str(caught.value) == (
        "UNKNOWN: 1 servable(s) did not become available: {{{name: demo version: 1} due to error: "
        "DATA_LOSS: cannot read version 1}, }"
    )
    assert len(load.tries) == 3
    assert "Retrying of Loading servable: {name: demo version: 1} retry: 2" in caplog.messages


def test_a_version_loads_at_a_later_attempt(make, tmp_path):
    attempts = []

    def load(name, version, folder):
        attempts.append(version)
        if len(attempts) < 3:
            raise OSError("the disk is tired")
        return fakes.FakePredictor(version)

    push(tmp_path, 1)
    repository = make(RepositoryConfig(load_retry_seconds=0.001), load=load)
    repository.apply([demo(tmp_path)])
    assert (served(repository), len(attempts)) == (1, 3)


def test_waiting_for_the_next_attempt_stalls_nobody(make, tmp_path, load):
    push(tmp_path, 1, "bad")
    push(tmp_path, 1, name="other")
    repository = make(PATIENT)
    raised = in_background(repository.apply, [demo(tmp_path), demo(tmp_path, name="other")])
    wait_for(lambda: "other" in repository.model_names())
    wait_for(lambda: states(repository, "other") == {1: "AVAILABLE"})
    push(tmp_path, 2, name="other")
    wait_for(lambda: states(repository, "other") == {2: "AVAILABLE", 1: "END"})
    [status] = repository.status("demo")
    assert (status.state, status.error_code, raised) == ("LOADING", "OK", [])


def test_the_next_attempt_is_cancelled_when_the_version_is_not_wanted_any_more(
    make, tmp_path, caplog
):
    path = push(tmp_path, 1, "bad")
    repository = make(PATIENT)
    raised = in_background(repository.apply, [demo(tmp_path)])
    wait_for(lambda: "failed: DATA_LOSS: cannot read version 1" in caplog.text)
    assert states(repository) == {1: "LOADING"}
    path.rename(tmp_path / "away")
    push(tmp_path, 2)
    wait_for(lambda: raised == [None])
    assert states(repository) == {2: "AVAILABLE", 1: "END"}
    assert repository.status("demo", 1)[0].error_message == "cannot read version 1"


def test_a_version_that_was_loaded_in_vain_is_unloaded(make, tmp_path, load):
    path = push(tmp_path, 1, "slow")
    repository = make()
    raised = in_background(repository.apply, [demo(tmp_path)])
    wait_for(lambda: load.tries)
    path.rename(tmp_path / "away")
    push(tmp_path, 2)
    wait_for(lambda: raised == [None])
    load.go.set()
    wait_for(lambda: states(repository) == {2: "AVAILABLE", 1: "END"})
    [status] = repository.status("demo", 1)
    assert (status.error_code, status.error_message) == (
        "CANCELLED",
        "Loading of servable cancelled",
    )
    assert {predictor.version: predictor.is_closed for predictor in load.loaded} == {
        1: True,
        2: False,
    }


def test_a_failed_version_is_tried_again_when_its_files_change(make, tmp_path, load):
    push(tmp_path, 1, "bad")
    repository = make()
    with pytest.raises(errors.ServingError, match="did not become available"):
        repository.apply([demo(tmp_path)])
    repository.start()
    push(tmp_path, 1, "completed")
    wait_for(repository.is_ready)
    assert (served(repository), len(load.tries)) == (1, 2)


def test_a_version_that_is_copied_slowly_is_loaded_once_it_is_complete(make, tmp_path, caplog):
    push(tmp_path, 1)
    repository = make(PATIENT)
    repository.apply([demo(tmp_path)])
    repository.start()
    path = tmp_path / "demo" / "2"
    path.mkdir()
    wait_for(lambda: "{name: demo version: 2} failed" in caplog.text)
    (path / "saved_model.pb").write_text("good")
    wait_for(lambda: states(repository) == {2: "AVAILABLE", 1: "END"})


def test_a_failed_version_is_tried_again_when_its_folder_returns(make, tmp_path, load):
    path = push(tmp_path, 1, "bad")
    repository = make()
    with pytest.raises(errors.ServingError, match="did not become available"):
        repository.apply([demo(tmp_path)])
    path.rename(tmp_path / "away")
    repository.poll()
    (tmp_path / "away").rename(path)
    repository.poll()
    wait_for(lambda: len(load.tries) == 2)


def test_removing_all_versions_unloads_them_all(make, tmp_path, load):
    push(tmp_path, 1)
    push(tmp_path, 2)
    repository = make()
    repository.apply([demo(tmp_path, All())])
    wait_for(lambda: states(repository) == {2: "AVAILABLE", 1: "AVAILABLE"})
    for number in (1, 2):
        (tmp_path / "demo" / str(number)).rename(tmp_path / f"away-{number}")
    repository.poll()
    wait_for(lambda: states(repository) == {2: "END", 1: "END"})
    assert not repository.is_ready()
    with pytest.raises(errors.ServingError, match=r"Servable not found for request: Latest\(demo"):
        served(repository)


def test_a_base_folder_that_is_away_unloads_nothing_and_stalls_nobody(make, tmp_path):
    push(tmp_path, 1)
    push(tmp_path, 1, name="other")
    repository = make()
    repository.apply([demo(tmp_path), demo(tmp_path, name="other")])
    (tmp_path / "demo").rename(tmp_path / "away")
    push(tmp_path, 2, name="other")
    repository.poll()
    wait_for(lambda: served(repository, ModelSpec("other")) == 2)
    assert served(repository) == 1


def test_exact_versions_and_unknown_ones(make, tmp_path):
    push(tmp_path, 5)
    repository = make()
    repository.apply([demo(tmp_path)])
    assert served(repository, ModelSpec("demo", version=5)) == 5
    with pytest.raises(errors.ServingError) as caught:
        served(repository, ModelSpec("demo", version=7))
    assert str(caught.value) == "NOT_FOUND: Servable not found for request: Specific(demo, 7)"
    with pytest.raises(errors.ServingError, match="Could not find any versions of model no"):
        repository.status("no")
    with pytest.raises(errors.ServingError, match="Could not find version 7 of model demo"):
        repository.status("demo", 7)


def test_a_request_in_progress_outlives_closing(make, tmp_path):
    push(tmp_path, 1)
    repository = make()
    repository.apply([demo(tmp_path)])
    with repository.lease(DEMO) as predictor:
        repository.close()
        assert not predictor.is_closed
    assert (predictor.is_closed, states(repository)) == (True, {1: "END"})


def test_unloaded_versions_leave_nothing_behind(make, tmp_path):
    alive = weakref.WeakSet()

    def load(name, version, folder):
        predictor = fakes.FakePredictor(version)
        alive.add(predictor)
        if version % 3 == 0:
            raise errors.ServingError("INTERNAL", f"{predictor} does not warm up")
        return predictor

    push(tmp_path, 1)
    repository = make(load=load)
    repository.apply([demo(tmp_path)])
    for version in range(2, 21):
        push(tmp_path, version)
        repository.poll()
        wait_for(lambda v=version: states(repository)[v] in ("AVAILABLE", "END"))
    wait_for(lambda: list(states(repository).values()).count("AVAILABLE") == 1)
    gc.collect()
    assert [predictor.version for predictor in alive] == [20]


def test_no_request_fails_or_sees_a_closed_version_while_versions_change(make, tmp_path):
    push(tmp_path, 1)
    push(tmp_path, 1, name="other")
    repository = make()
    repository.apply([demo(tmp_path), demo(tmp_path, Latest(2), name="other")])
    repository.start()
    stop, seen, failures = threading.Event(), set(), []

    def ask(spec):
        while not stop.is_set():
            try:
                with repository.lease(spec) as predictor:
                    before = predictor.version
                    time.sleep(0.001)
                    if predictor.is_closed or predictor.version != before:
                        failures.append("changed during a request")
                    seen.add((spec.name, before))
            except errors.ServingError as error:
                failures.append(str(error))

    specs = [DEMO, ModelSpec("other")] * 4
    threads = [threading.Thread(target=ask, args=(spec,)) for spec in specs]
    for thread in threads:
        thread.start()
    for version in range(2, 52):
        push(tmp_path, version, "bad" if version % 5 == 0 else "good")
        push(tmp_path, version, name="other")
        repository.poll()
        time.sleep(0.005)
    wait_for(lambda: {("demo", 51), ("other", 51)} <= seen)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
