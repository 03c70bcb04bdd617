"""Tests of serving/repository: lists of models, policies, labels, folders of models."""

import pytest

from serving import errors
from serving.model import ModelSpec
from serving.repository.model_config import All, Latest, Specific
from serving.repository.repository import RepositoryConfig
from tests.serving.repositories import (
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


def test_applying_a_list_loads_and_waits(make, tmp_path):
    push(tmp_path, 2)
    push(tmp_path, 10)
    repository = make()
    repository.apply([demo(tmp_path)])
    assert (served(repository), states(repository)) == (10, {10: "AVAILABLE"})
    assert (repository.model_names(), repository.is_ready()) == (["demo"], True)


def test_a_model_without_versions_is_waited_for(make, tmp_path):
    repository = make()
    raised = in_background(repository.apply, [demo(tmp_path)])
    with pytest.raises(errors.ServingError, match="Could not find any versions of model demo"):
        repository.status("demo")
    assert (raised, repository.is_ready()) == ([], False)
    push(tmp_path, 1)
    wait_for(lambda: raised == [None])
    assert served(repository) == 1


def test_a_model_without_versions_is_an_error_if_nobody_looks_again(make, tmp_path):
    repository = make(RepositoryConfig(poll_seconds=0))
    with pytest.raises(errors.ServingError) as caught:
        repository.apply([demo(tmp_path)])
    assert str(caught.value) == (
        "NOT_FOUND: Unable to find a numerical version path for servable demo at: "
        f"{tmp_path / 'demo'}"
    )


def test_the_policy_may_change_while_the_model_serves(make, tmp_path):
    for number in (1, 2, 3):
        push(tmp_path, number)
    repository = make()
    repository.apply([demo(tmp_path, Specific((1, 2)))])
    wait_for(lambda: states(repository) == {2: "AVAILABLE", 1: "AVAILABLE"})
    assert served(repository) == 2
    repository.apply([demo(tmp_path, Latest(2))])
    wait_for(lambda: states(repository) == {3: "AVAILABLE", 2: "AVAILABLE", 1: "END"})
    assert served(repository, ModelSpec("demo", version=2)) == 2


def test_models_that_are_listed_no_more_are_unloaded(make, tmp_path):
    push(tmp_path, 1)
    push(tmp_path, 5, name="other")
    repository = make()
    repository.apply([demo(tmp_path)])
    repository.apply([demo(tmp_path, name="other")])
    wait_for(lambda: states(repository) == {1: "END"})
    assert (served(repository, ModelSpec("other")), repository.is_ready()) == (5, True)
    repository.apply([demo(tmp_path), demo(tmp_path, name="other")])
    assert (served(repository), states(repository)) == (1, {1: "AVAILABLE"})


def test_a_new_model_that_does_not_load_leaves_the_others_alone(make, tmp_path):
    push(tmp_path, 1)
    push(tmp_path, 5, "bad", name="other")
    repository = make()
    repository.apply([demo(tmp_path)])
    with pytest.raises(errors.ServingError) as caught:
        repository.apply([demo(tmp_path), demo(tmp_path, name="other")])
    assert str(caught.value) == (
        "UNKNOWN: 1 model(s) did not become available: {{{name: other version: 5} due to error: "
        "DATA_LOSS: cannot read version 5}, }"
    )
    assert (served(repository), repository.is_ready()) == (1, False)


def test_a_list_that_is_refused_changes_nothing(make, tmp_path):
    push(tmp_path, 1)
    repository = make()
    repository.apply([demo(tmp_path)])
    with pytest.raises(errors.ServingError, match="platform was tensorflow and new platform"):
        repository.apply([demo(tmp_path, platform="other")])
    with pytest.raises(errors.ServingError, match="Model new requests unsupported platform other"):
        repository.apply([demo(tmp_path, name="new", platform="other")])
    assert served(repository) == 1


def test_labels_lead_to_versions_until_they_are_removed(make, tmp_path):
    push(tmp_path, 1)
    push(tmp_path, 2)
    repository = make()
    repository.apply([demo(tmp_path, All())])
    wait_for(lambda: states(repository) == {2: "AVAILABLE", 1: "AVAILABLE"})
    labels = {"stable": 1, "canary": 2, "newest": 2}
    repository.apply([demo(tmp_path, All(), labels=labels)])
    found = {label: served(repository, ModelSpec("demo", label=label)) for label in labels}
    assert repository.labels("demo") == labels and repository.labels("other") == {}
    assert found == labels
    repository.apply([demo(tmp_path, All(), labels={"stable": 2})])
    assert served(repository, ModelSpec("demo", label="stable")) == 2
    with pytest.raises(errors.ServingError) as caught:
        served(repository, ModelSpec("demo", label="canary"))
    assert str(caught.value) == ("INVALID_ARGUMENT: Unrecognized servable version label: canary")


def test_a_label_needs_an_available_version_before_anything_is_loaded(make, tmp_path, load):
    push(tmp_path, 2)
    repository = make()
    with pytest.raises(errors.ServingError) as caught:
        repository.apply([demo(tmp_path, labels={"stable": 2})])
    assert str(caught.value) == (
        "FAILED_PRECONDITION: Request to assign label to version 2 of model demo, which is not "
        "currently available for inference"
    )
    assert load.tries == []


def test_a_new_label_may_be_early_if_that_is_allowed_but_not_a_moved_one(make, tmp_path):
    push(tmp_path, 2)
    repository = make(RepositoryConfig(poll_seconds=0.01, allow_labels_for_unavailable=True))
    repository.apply([demo(tmp_path, labels={"stable": 2, "next": 3})])
    assert served(repository, ModelSpec("demo", label="stable")) == 2
    with pytest.raises(errors.ServingError, match=r"for request: Specific\(demo, 3\)"):
        served(repository, ModelSpec("demo", label="next"))
    with pytest.raises(errors.ServingError, match="assign label to version 3 of model demo"):
        repository.apply([demo(tmp_path, labels={"stable": 3})])
    assert served(repository, ModelSpec("demo", label="stable")) == 2


def test_models_in_a_folder_are_served_as_they_come_and_go(make, tmp_path):
    repository = make(models_dir=tmp_path)
    repository.apply([])
    assert not repository.is_ready()
    repository.start()
    push(tmp_path, 1)
    wait_for(repository.is_ready)
    assert served(repository) == 1
    (tmp_path / "demo").rename(tmp_path.parent / f"{tmp_path.name}-away")
    wait_for(lambda: states(repository) == {1: "END"})
    assert not repository.is_ready()


def test_in_a_folder_of_models_a_bad_one_stops_no_other(make, tmp_path):
    push(tmp_path, 1)
    push(tmp_path, 2, "bad")
    push(tmp_path, 1, "bad", name="other")
    repository = make(PATIENT, models_dir=tmp_path)
    repository.apply([])
    assert (served(repository), states(repository)) == (1, {2: "END", 1: "AVAILABLE"})
    assert (states(repository, "other"), repository.is_ready()) == ({1: "END"}, False)


def test_a_removed_version_gives_way_to_the_one_that_is_left(make, tmp_path):
    push(tmp_path, 1)
    newest = push(tmp_path, 2)
    repository = make(models_dir=tmp_path)
    repository.apply([])
    newest.rename(tmp_path / "away")
    repository.poll()
    wait_for(lambda: states(repository) == {2: "END", 1: "AVAILABLE"})
    assert served(repository) == 1


def test_closing_ends_promptly_and_unloads_everything(make, tmp_path, load):
    push(tmp_path, 1)
    push(tmp_path, 1, "bad", name="other")
    repository = make(PATIENT)
    models = [demo(tmp_path), demo(tmp_path, name="other")]
    raised = in_background(repository.apply, models)
    wait_for(lambda: load.loaded and len(load.tries) == 2)
    repository.start()
    repository.close()
    wait_for(lambda: raised == ["CANCELLED: The server is shutting down."])
    assert (states(repository), states(repository, "other")) == ({1: "END"}, {1: "END"})
    assert load.loaded[0].is_closed
    with pytest.raises(errors.ServingError, match="shutting down"):
        repository.apply(models)
