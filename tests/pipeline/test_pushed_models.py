"""Tests of pipeline/pushed_models.py."""

import pytest

from pipeline import paths, pushed_models


@pytest.fixture
def push(tmp_path):
    """Makes the folder of a version; name and version in."""

    def call(name, version):
        folder = tmp_path / "served" / name / str(version)
        folder.mkdir(parents=True)
        (folder / "saved_model.pb").write_bytes(b"")
        return folder

    return call


def test_the_newest_complete_version_is_found_by_number(push, tmp_path):
    push("mail", 9)
    folder = push("mail", 12)
    (tmp_path / "served/mail/100").mkdir()  # Not yet complete.
    where = paths.Paths(tmp_path, "mail")
    assert pushed_models.newest(where) == pushed_models.PushedModel("mail", 12, folder)


def test_a_misspelled_name_is_refused_with_the_near_one_and_what_to_do(push, tmp_path):
    push("mail", 1)
    push("photos", 1)
    with pytest.raises(ValueError, match="No model 'mial' was pushed to") as refused:
        pushed_models.newest(paths.Paths(tmp_path, "mial"))
    assert str(refused.value).endswith(
        "served. Did you mean 'mail'? Pushed models: mail, photos. "
        "Train one with `maru run CONFIG`."
    )


def test_an_empty_workspace_has_no_models(tmp_path):
    with pytest.raises(ValueError, match="Pushed models: none. Ask somebody."):
        pushed_models.newest(paths.Paths(tmp_path, "mail"), "Ask somebody.")


def test_a_model_without_a_complete_version_is_told_from_one_that_is_not_there(tmp_path):
    (tmp_path / "served/mail/5").mkdir(parents=True)
    with pytest.raises(ValueError, match="has no version of 'mail' with a saved_model.pb. Train"):
        pushed_models.newest(paths.Paths(tmp_path, "mail"))
