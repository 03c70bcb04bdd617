"""Tests of serving/process.py, in a process of its own."""

import subprocess
import sys

SETTLED = """
import gc
from serving import process
kept = [[] for _ in range(1000)]
process.settle()
print(gc.get_freeze_count() >= 1000, gc.get_threshold()[0] > 10_000, gc.isenabled())
"""
SKIPPED = """
import sys
from serving import process
process.skip_keras()
import tensorflow
print(any(name.startswith("keras.") for name in sys.modules))
"""


def output(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    return done.stdout.split()


def test_what_start_up_made_is_no_longer_looked_at():
    assert output(SETTLED) == ["True", "True", "True"]


def test_keras_is_not_imported():
    assert output(SKIPPED) == ["False"]
