"""`python -m serving`: the server from the command line, with TensorFlow Serving's flags."""

import contextlib
import importlib.metadata
import logging
import os
import signal
import sys

from serving import process
from serving.command import flags
from serving.command.flag_table import FLAGS

_PROGRAM = "python -m serving"
_FAILURE = 255  # TensorFlow Serving's -1, as a shell sees it.


def main() -> int:
    """Serve until told to stop.

    Returns:
        The exit code.
    """
    parsed = flags.parse(FLAGS, sys.argv[1:])
    usage = flags.usage(_PROGRAM, FLAGS)
    for problem in parsed.problems:
        print(problem, file=sys.stderr)
    if parsed.problems or parsed.wants_help:
        print(usage, end="")
        return _FAILURE
    if parsed.values["version"]:
        print(_versions())
        return 0
    if parsed.unknown:
        for argument in parsed.unknown:
            print(f"unknown argument: {argument}")
        print(usage, end="", flush=True)
    _set_up_log()
    for warning in flags.without_effect(FLAGS, parsed):
        logging.warning("%s", warning)
    return _serve(parsed)


def _serve(parsed: flags.Parsed) -> int:
    # The first process of a container ignores what it does not handle, and imports take a second.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    # Imported late: --help must not wait for TensorFlow.
    process.skip_keras()
    from serving.command import start

    failure = start.run(parsed.values)
    if failure is None:
        return 0
    print(failure)
    return _FAILURE


def _versions() -> str:
    """What is served: the contract that is kept, and the library that computes."""
    return (
        f"TensorFlow ModelServer: {_version('tensorflow-serving-api')}+maru.{_version('maru')}\n"
        f"TensorFlow Library: {_version('tensorflow', 'tensorflow-cpu')}"
    )


def _version(*packages: str) -> str:
    """Of the first of them that is installed."""
    for package in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(package)
    return "unknown"


def _set_up_log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("tensorflow").setLevel(logging.WARNING)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # Read when TensorFlow is imported.


if __name__ == "__main__":
    exit_code = main()
    sys.stdout.flush()
    # Not `sys.exit`, which would wait for requests that did not finish within --drain_seconds.
    os._exit(exit_code)
