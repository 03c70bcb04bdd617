"""A process that runs trials of a search: `python -m pipeline.modules.tuning_worker JOB`.

KerasTuner's variables in the environment say who it is and where the chief is.
"""

import os
import pathlib
import sys
import threading

from models.tuning import oracles, search
from pipeline.modules import trial


def work(job: trial.Job) -> None:
    """Run trials until the chief has no more."""
    config, tuning = job.config, job.tuning
    search.Trials(
        oracle=oracles.build(tuning, config.training.epochs, config.task.monitored),
        hypermodel=trial.hypermodel(job),
        folder=pathlib.Path(job.folder),
        searched=tuning.space,
    ).search()


def _end_with_parent() -> None:
    """Exit when standard input ends: the chief holds its other end, however it ends."""
    os.read(sys.stdin.fileno(), 1)  # Not `sys.stdin`, which is locked while Python shuts down.
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work(trial.Job.read(pathlib.Path(sys.argv[1])))
