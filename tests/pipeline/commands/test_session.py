"""Tests of pipeline/commands/session.py: what a session leaves, shows and returns."""

import logging

import pytest

from pipeline import artifact_files, paths
from pipeline.commands import session
from pipeline.config import loading
from pipeline.runtime import ending, lock

FIELDS = {
    "name": "mail",
    "task": {"kind": "text_classification"},
    "data": {"source": {"kind": "csv", "path": "mail.csv"}},
    "model": {"kind": "text_cnn", "filters": 3},
}
CONFIG = loading.from_mapping(FIELDS, source="the test")


@pytest.fixture
def where(tmp_path):
    return paths.Paths(tmp_path, "mail")


def test_a_session_says_where_its_log_is_and_keeps_its_config(where, capfd):
    with session.start(CONFIG, where, where.run("1")) as running:
        running.code = 3
        logging.getLogger("a library").warning("noise")
    log = where.run("1") / "log.txt"
    assert (running.code, running.log) == (3, log)
    assert capfd.readouterr().out == f"mail: log in {log}\n"
    assert "noise" in log.read_text()
    assert loading.load(where.run("1") / artifact_files.CONFIG) == CONFIG


def test_a_defect_ends_a_session_with_1_and_its_traceback_in_the_log(where, capfd):
    with session.start(CONFIG, where, where.run("1")) as running:
        raise ZeroDivisionError("a defect")
    assert running.code == 1
    last = capfd.readouterr().out.splitlines()[-1]
    assert last == (f"Unexpected: ZeroDivisionError: a defect. The traceback is in {running.log}")
    assert "Traceback (most recent call last)" in running.log.read_text()


def test_a_mistake_of_the_user_ends_a_session_with_2_and_its_own_words(where, capfd):
    with session.start(CONFIG, where, where.run("1")) as running:
        loading.load("none.yaml")
    assert running.code == 2
    shown = capfd.readouterr().out
    assert "none.yaml" in shown and "Traceback" not in shown and "traceback" not in shown


def test_who_interrupts_a_session_ends_the_command(where):
    with pytest.raises(KeyboardInterrupt), session.start(CONFIG, where, where.run("1")):
        raise KeyboardInterrupt
    assert ending.read(where.run("1")).code == 130


def test_a_session_leaves_how_it_ended(where, monkeypatch, capfd):
    monkeypatch.setattr("sys.argv", ["/bin/maru", "run", "my mail.yaml"])
    with session.start(CONFIG, where, where.run("1")) as running:
        assert ending.read(where.run("1")) is None
        running.code = 3
    with session.start(CONFIG, where, where.run("2")):
        loading.load("none.yaml")
    first, second = (ending.read(where.run(name)) for name in ("1", "2"))
    assert (first.command, first.code, first.failure) == ("maru run 'my mail.yaml'", 3, None)
    assert second.code == 2
    assert second.failure in capfd.readouterr().out


def test_one_session_of_a_pipeline_at_a_time_but_others_may_join_it(where):
    with session.start(CONFIG, where, where.run("1")):
        with pytest.raises(lock.Busy), session.start(CONFIG, where, where.run("2")):
            pass
        with session.join(CONFIG, where.run("3")) as joined:
            assert joined.folder == where.run("3")


def test_folders_are_in_order_of_time():
    stamps = [session.stamp() for _ in range(3)]
    assert stamps == sorted(stamps)
