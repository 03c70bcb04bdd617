"""No made-up project, command line or terminal ends a command with a traceback or exit code 1."""

import os
import subprocess
import sys

import pytest

from pipeline import cli
from tests.end_to_end import made_up, odd_values

EXPECTED = {0, 2, 3, 130}


@pytest.fixture
def try_out(monkeypatch, tmp_path, capsys):
    """Call a case's command in this process: exit code and what was printed."""

    def call(seed):
        folder = tmp_path / str(seed)
        folder.mkdir()
        case = made_up.case(seed, folder, odd_values.QUICK)
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["maru", *case.arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as stopped:
            code = stopped.code or 0
        captured = capsys.readouterr()
        return case, code, captured.out + captured.err

    return call


@pytest.mark.parametrize("seed", range(25))
def test_a_made_up_project_is_no_defect(try_out, seed):
    case, code, shown = try_out(seed)
    assert code in EXPECTED, (case.arguments, shown)
    assert "Traceback" not in shown


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1500))
def test_nor_is_any_of_many_in_a_terminal_of_its_own(tmp_path, seed):
    case = made_up.case(seed, tmp_path, odd_values.QUICK * 4 + odd_values.SLOW)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *case.arguments],
        cwd=tmp_path,
        env=os.environ | case.environment,
        capture_output=True,
        check=False,
        timeout=600,
    )
    assert done.returncode in EXPECTED, (case.arguments, done.stderr[-2000:])
    assert b"Traceback" not in done.stdout + done.stderr
