"""Tests of `python -m serving` up to the point where it would load a model."""

import subprocess
import sys


def run(*arguments):
    command = [sys.executable, "-X", "importtime", "-m", "serving", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_help_does_not_wait_for_tensorflow():
    result = run("--help")
    assert result.returncode == 0
    assert "--rest_api_port" in result.stdout
    assert "tensorflow" not in result.stderr


def test_no_model_at_all_names_the_flags():
    result = run("--port=0")
    assert result.returncode == 2
    assert "Nothing to serve. Give --model_base_path or --models_dir." in result.stderr
