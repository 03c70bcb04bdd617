"""Tests of serving/repository.py with a loader that reads a number instead of a model."""

import threading
import time

import fakes
import pytest

from serving import errors
from serving.model import ModelSpec
from serving.repository import Repository, Sources, find_versions

DEMO = ModelSpec("demo")


class Loader:
    """Loads folders whose `saved_model.pb` is not `bad`."""

    def __init__(self):
        self.loaded = []

    def __call__(self, path, version):
        if (path / "saved_model.pb").read_text() == "bad":
            raise errors.ServingError("DATA_LOSS", f"cannot read version {version}")
        self.loaded.append(fakes.FakePredictor(version))
        return self.loaded[-1]


@pytest.fixture
def load():
    return Loader()


@pytest.fixture
def repository(tmp_path, load):
    return Repository(Sources(models_dir=tmp_path), load, poll_seconds=0.01)


def push(folder, version, content="good"):
    path = folder / "demo" / str(version)
    path.mkdir(parents=True, exist_ok=True)
    (path / "saved_model.pb").write_text(content)
    return path


def states(repository, name="demo"):
    return [(status.version, status.state) for status in repository.status(name)]


def served(repository, spec=DEMO):
    with repository.lease(spec) as predictor:
        return predictor.version


def test_only_complete_folders_with_whole_numbers_are_versions(tmp_path):
    for name in ("3", "0010", "-1", "1.5", "v2", ".4", "tmp-5", "²", str(2**63)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "saved_model.pb").touch()
    (tmp_path / "20" / "variables").mkdir(parents=True)
    (tmp_path / "30").touch()
    assert sorted(find_versions(tmp_path)) == [3, 10]


def test_the_newest_version_is_served_and_the_old_one_ends(repository, tmp_path, load):
    push(tmp_path, 2)
    push(tmp_path, 10)
    repository.poll()
    assert (served(repository), states(repository)) == (10, [(10, "AVAILABLE")])
    push(tmp_path, 11)
    repository.poll()
    assert served(repository) == 11
    assert states(repository) == [(11, "AVAILABLE"), (10, "END")]
    assert [predictor.is_closed for predictor in load.loaded] == [True, False]


def test_the_old_version_is_unloaded_after_its_last_request(repository, tmp_path, load):
    push(tmp_path, 1)
    repository.poll()
    with repository.lease(DEMO) as first, repository.lease(DEMO):
        push(tmp_path, 2)
        repository.poll()
        assert served(repository) == 2
        assert states(repository) == [(2, "AVAILABLE"), (1, "UNLOADING")]
        assert not first.is_closed
    assert first.is_closed
    assert states(repository) == [(2, "AVAILABLE"), (1, "END")]


def test_a_bad_version_is_reported_and_the_old_one_serves_on(repository, tmp_path):
    push(tmp_path, 1)
    repository.poll()
    push(tmp_path, 2, "bad")
    repository.poll()
    repository.poll()
    assert served(repository) == 1
    newest = repository.status("demo", 2)[0]
    assert (newest.state, newest.error_code) == ("END", "DATA_LOSS")
    assert newest.error_message == "cannot read version 2"
    assert repository.is_ready()


def test_a_bad_version_is_tried_again_when_its_files_change(repository, tmp_path):
    push(tmp_path, 1, "bad")
    repository.poll()
    assert not repository.is_ready()
    push(tmp_path, 1, "completed")
    repository.poll()
    assert (served(repository), states(repository)) == (1, [(1, "AVAILABLE")])


def test_an_older_version_serves_if_the_newest_never_loaded(repository, tmp_path):
    push(tmp_path, 1)
    push(tmp_path, 2, "bad")
    repository.poll()
    assert (served(repository), states(repository)) == (1, [(2, "END"), (1, "AVAILABLE")])


def test_a_removed_version_gives_way_to_the_one_that_is_left(repository, tmp_path):
    push(tmp_path, 1)
    newest = push(tmp_path, 2)
    repository.poll()
    newest.rename(tmp_path / "away")
    repository.poll()
    assert (served(repository), states(repository)) == (1, [(2, "END"), (1, "AVAILABLE")])


def test_a_removed_model_is_unloaded_and_does_not_count_for_readiness(repository, tmp_path, load):
    push(tmp_path, 1)
    repository.poll()
    (tmp_path / "demo").rename(tmp_path.parent / f"{tmp_path.name}-away")
    repository.poll()
    assert load.loaded[0].is_closed
    with pytest.raises(errors.ServingError, match=r"Servable not found for request: Latest\(demo"):
        served(repository)


def test_a_disk_that_is_away_unloads_nothing(tmp_path, load):
    base = tmp_path / "disk" / "demo"
    push(tmp_path / "disk", 1)
    repository = Repository(Sources({"demo": base}), load)
    repository.poll()
    base.rename(tmp_path / "away")
    repository.poll()
    assert served(repository) == 1


def test_exact_versions_and_labels(repository, tmp_path):
    push(tmp_path, 5)
    repository.poll()
    assert served(repository, ModelSpec("demo", version=5)) == 5
    with pytest.raises(errors.ServingError) as caught:
        served(repository, ModelSpec("demo", version=7))
    assert str(caught.value) == "NOT_FOUND: Servable not found for request: Specific(demo, 7)"
    with pytest.raises(errors.ServingError) as caught:
        served(repository, ModelSpec("demo", label="best"))
    assert str(caught.value) == "INVALID_ARGUMENT: Unrecognized servable version label: best"


def test_status_of_what_is_not_there(repository, tmp_path):
    push(tmp_path, 1)
    repository.poll()
    with pytest.raises(errors.ServingError, match="Could not find any versions of model no"):
        repository.status("no")
    with pytest.raises(errors.ServingError, match="Could not find version 7 of model demo"):
        repository.status("demo", 7)


def test_models_that_appear_later_are_picked_up(repository, tmp_path):
    repository.poll()
    assert not repository.is_ready()
    repository.start()
    push(tmp_path, 1)
    deadline = time.monotonic() + 10
    while not repository.is_ready() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert served(repository) == 1
    repository.close()
    assert states(repository) == [(1, "END")]


def test_no_request_is_dropped_while_versions_change(repository, tmp_path):
    push(tmp_path, 1)
    repository.poll()
    stop, seen, failures = threading.Event(), set(), []

    def ask():
        while not stop.is_set():
            try:
                with repository.lease(DEMO) as predictor:
                    time.sleep(0.001)
                    if predictor.is_closed:
                        failures.append("closed during a request")
                    seen.add(predictor.version)
            except errors.ServingError as error:
                failures.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for version in range(2, 8):
        push(tmp_path, version)
        repository.poll()
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert (failures, 7 in seen) == ([], True)
