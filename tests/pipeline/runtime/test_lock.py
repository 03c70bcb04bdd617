"""Tests of pipeline/runtime/lock.py."""

import os
import pathlib
import subprocess
import sys

import pytest

from pipeline.runtime import lock

ROOT = pathlib.Path(__file__).parents[3]


def test_a_second_run_is_refused_and_told_which_process_runs(tmp_path):
    path = tmp_path / "new" / "run.lock"
    with (
        lock.hold(path),
        pytest.raises(lock.Busy, match=rf"\(process {os.getpid()}\)"),
        lock.hold(path),
    ):
        pass


def test_a_finished_or_failed_run_gives_the_lock_back(tmp_path):
    path = tmp_path / "run.lock"
    with lock.hold(path):
        pass
    with pytest.raises(ZeroDivisionError), lock.hold(path):
        raise ZeroDivisionError
    with lock.hold(path):
        assert path.read_text() == str(os.getpid())


def test_two_pipelines_do_not_wait_for_each_other(tmp_path):
    with lock.hold(tmp_path / "a.lock"), lock.hold(tmp_path / "b.lock"):
        held = [path.read_text() for path in sorted(tmp_path.glob("*.lock"))]
    assert held == [str(os.getpid())] * 2


def test_a_killed_run_gives_the_lock_back(tmp_path):
    path = tmp_path / "run.lock"
    program = (
        "import pathlib, sys, time\n"
        "from pipeline.runtime import lock\n"
        "with lock.hold(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    arguments = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(lock.Busy, match=str(process.pid)), lock.hold(path):
            pass
        process.kill()
        process.wait()
    with lock.hold(path):
        assert path.read_text() == str(os.getpid())
