"""Tests of serving/repository/config_file.py, without a repository."""

import threading
import time

import pytest

from serving import errors
from serving.repository.config_file import ConfigFile

ONE = """
model_config_list {{
  config {{ name: "{name}" base_path: "/models/{name}" model_platform: "tensorflow" }}
}}
"""


class Applied:
    """Keeps the names of each list; refuses a model called `bad`."""

    def __init__(self):
        self.lists = []
        self.changed = threading.Condition()

    def __call__(self, models):
        with self.changed:
            self.lists.append([model.name for model in models])
            self.changed.notify_all()
        if self.lists[-1] == ["bad"]:
            raise errors.ServingError("UNKNOWN", "1 model(s) did not become available: {}")

    def wait_for(self, names):
        with self.changed:
            assert self.changed.wait_for(lambda: names in self.lists, timeout=10)


def test_the_file_is_read_and_applied(tmp_path):
    file = tmp_path / "models.config"
    file.write_text(ONE.format(name="first"))
    applied = Applied()
    ConfigFile(file, applied).load()
    assert applied.lists == [["first"]]


def test_an_empty_file_is_no_action_but_an_empty_list_is_one(tmp_path):
    file = tmp_path / "models.config"
    applied = Applied()
    file.write_text("# nothing\n")
    ConfigFile(file, applied).load()
    assert applied.lists == []
    file.write_text("model_config_list {}")
    ConfigFile(file, applied).load()
    assert applied.lists == [[]]


def test_a_wrong_file_is_an_error_at_the_start(tmp_path):
    file = tmp_path / "models.config"
    with pytest.raises(errors.ServingError, match="No such file"):
        ConfigFile(file, Applied()).load()
    file.write_text("model_config_list [")
    with pytest.raises(errors.ServingError, match="INVALID_ARGUMENT: Invalid protobuf file: '"):
        ConfigFile(file, Applied()).load()


def test_a_changed_file_is_applied_and_a_wrong_one_only_logged(tmp_path, caplog):
    file = tmp_path / "models.config"
    applied = Applied()
    followed = ConfigFile(file, applied, poll_seconds=0.01)
    file.write_text(ONE.format(name="first"))
    followed.start()
    try:
        applied.wait_for(["first"])
        file.write_text("model_config_list [")
        wait_for_text(
            caplog, f"Failed to read ModelServerConfig file: Invalid protobuf file: '{file}'"
        )
        file.write_text(ONE.format(name="bad"))
        applied.wait_for(["bad"])
        wait_for_text(
            caplog,
            "PollFilesystemAndReloadConfig failed to ReloadConfig: "
            "1 model(s) did not become available",
        )
        file.write_text(ONE.format(name="second"))
        applied.wait_for(["second"])
    finally:
        followed.close()


def test_without_an_interval_the_file_is_not_looked_at_again(tmp_path):
    before = set(threading.enumerate())
    ConfigFile(tmp_path / "models.config", Applied()).start()
    assert set(threading.enumerate()) <= before


def wait_for_text(caplog, text):
    deadline = time.monotonic() + 10
    while text not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.01)
    assert text in caplog.text
