"""What every command that runs stages opens: a lock, a log, a view; and how it fails."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import logging
import pathlib
import shlex
import sys
import time
from collections.abc import Iterator

from rich.console import Console

from pipeline import artifact_files, paths
from pipeline.config import loading
from pipeline.config.sections import PipelineConfig
from pipeline.display import run_view
from pipeline.runtime import ending, failures, lock, logs

_LOG = "log.txt"
_INTERRUPTED = 130


@dataclasses.dataclass
class Session:
    """A command under way."""

    folder: pathlib.Path
    """Of its log, its resolved config and what it leaves."""
    view: run_view.RunView
    """Shows what happens."""
    code: int = 0
    """Exit code so far."""

    @property
    def console(self) -> Console:
        """The terminal."""
        return self.view.console

    @property
    def log(self) -> pathlib.Path:
        """Where libraries write to, and tracebacks."""
        return self.folder / _LOG

    def starting(self) -> contextlib.AbstractContextManager[object]:
        """What is shown while the imports that take long are made."""
        return self.console.status("starting TFX and TensorFlow")


def stamp() -> str:
    """The time as the name of a folder; names in order of time."""
    # With milliseconds: a run of cached stages takes less than a second.
    return datetime.datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]


@contextlib.contextmanager
def start(config: PipelineConfig, where: paths.Paths, folder: pathlib.Path) -> Iterator[Session]:
    """As `join`, for the only session of this pipeline.

    Args:
        config: Resolved.
        where: Folders of the pipeline.
        folder: Of the session.

    Raises:
        Busy: If another one is in progress.
    """
    with lock.hold(where.lock), join(config, folder) as session:
        yield session


@contextlib.contextmanager
def join(config: PipelineConfig, folder: pathlib.Path) -> Iterator[Session]:
    """Send output to a log and progress to a view; show why it failed and set the exit code.

    Errors worded for the user are shown without a traceback and give 2, others give 1; the
    traceback is in the log.

    Args:
        config: Resolved; written beside the log.
        folder: Of the session; made.
    """
    with logs.to_file(folder / _LOG) as terminal:
        session = Session(folder, run_view.RunView(terminal))
        run_view.attach(session.view)
        session.view.say(f"{config.name}: log in {paths.shown(session.log)}")
        (folder / artifact_files.CONFIG).write_text(loading.to_yaml(config), "utf-8")
        started = time.monotonic()
        failure = None
        try:
            yield session
        except KeyboardInterrupt:
            session.code = _INTERRUPTED
            raise
        except Exception as error:
            logging.getLogger(__name__).exception("The command failed.")
            failure = failures.explain(error, session.log)
            run_view.print_line(session.console, f"\n{failure.text}", "red")
            session.code = failure.code
        finally:
            seconds = round(time.monotonic() - started, 1)
            command = shlex.join(["maru", *sys.argv[1:]])
            # A full disk, which would lose this, has been told already.
            with contextlib.suppress(OSError):
                ending.write(
                    ending.Ending(
                        command, seconds, session.code, failure.text if failure else None
                    ),
                    folder,
                )
