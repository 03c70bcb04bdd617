"""What tests of commands need: the command, in this process."""

import sys

import pytest

from pipeline import cli


@pytest.fixture
def maru(monkeypatch, capfd):
    """The command: arguments in; exit code, output and errors out."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["maru", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stopped:
            code = stopped.code
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return call
