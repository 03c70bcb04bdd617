"""Tests of pipeline/runtime/logs.py, in processes of their own since it moves file descriptors."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[3]
PROGRAM = """
import logging, os, pathlib, subprocess, sys
from pipeline.runtime import logs

try:
    with logs.to_file(pathlib.Path(sys.argv[1])) as terminal:
        print("printed by Python")
        os.write(1, b"written by C\\n")
        os.write(2, b"warned by C\\n")
        subprocess.run(["echo", "echoed by a child"])
        logging.getLogger("library").info("logged %d", 3)
        terminal.write("사람에게\\n")
        if len(sys.argv) > 2:
            raise ZeroDivisionError
except ZeroDivisionError:
    pass
print("afterwards")
sys.stderr.write("errors, too\\n")
assert not logging.getLogger().handlers
"""


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_noise_goes_to_the_file_and_words_for_people_to_the_terminal(tmp_path):
    path = tmp_path / "new" / "log.txt"
    done = run(path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "사람에게\nafterwards\n"
    assert done.stderr == "errors, too\n"
    log = path.read_text()
    for noise in ("printed by Python", "written by C", "warned by C", "echoed by a child"):
        assert f"{noise}\n" in log
    assert " INFO library: logged 3\n" in log


def test_the_terminal_is_given_back_after_a_failure(tmp_path):
    done = run(tmp_path / "log.txt", "fail")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "사람에게\nafterwards\n"
    assert done.stderr == "errors, too\n"


def test_a_second_run_appends(tmp_path):
    run(tmp_path / "log.txt")
    run(tmp_path / "log.txt")
    assert (tmp_path / "log.txt").read_text().count("written by C\n") == 2
