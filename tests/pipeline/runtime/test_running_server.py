"""Tests of pipeline/runtime/running_server.py: only a server that runs now is found."""

import subprocess
import sys

from pipeline.runtime import running_server


def test_a_server_is_found_as_long_as_it_runs(tmp_path):
    assert running_server.find(tmp_path) is None
    with running_server.announce(tmp_path, "127.0.0.1:8501"):
        assert running_server.find(tmp_path) == "127.0.0.1:8501"
        assert running_server.find(tmp_path / "other") is None
    assert running_server.find(tmp_path) is None


def test_a_second_server_leaves_the_first_announced(tmp_path):
    with running_server.announce(tmp_path, "127.0.0.1:1"):
        with running_server.announce(tmp_path, "127.0.0.1:2"):
            assert running_server.find(tmp_path) == "127.0.0.1:1"
        assert running_server.find(tmp_path) == "127.0.0.1:1"


def test_a_killed_server_is_not_found_though_its_file_is_left(tmp_path):
    program = (
        "import os, pathlib, signal, sys\n"
        "from pipeline.runtime import running_server\n"
        "with running_server.announce(pathlib.Path(sys.argv[1]), '127.0.0.1:8501'):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert done.returncode == -9
    assert "127.0.0.1:8501" in (tmp_path / running_server.FILE).read_text("utf-8")
    assert running_server.find(tmp_path) is None


def test_a_file_of_something_else_is_ignored(tmp_path):
    with running_server.announce(tmp_path, "127.0.0.1:1"):
        for content in ("", "[]", "{}", "no JSON"):
            (tmp_path / running_server.FILE).write_text(content, "utf-8")
            assert running_server.find(tmp_path) is None
