"""Run the trials of a search in several processes: KerasTuner's chief and workers.

The process that owns the search is the chief: its oracle answers over gRPC, and it starts the
workers of its own machine, watches them and replaces those that die. Workers on other machines
connect to the same address; all share the search's folder.
"""

from __future__ import annotations

import collections
import contextlib
import copy
import dataclasses
import logging
import pathlib
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from typing import Any

import grpc

# Private, and the only place where KerasTuner keeps them; its own `start_server` waits up to 20
# seconds after the last trial, and for ever if a worker died.
from keras_tuner.src import protos
from keras_tuner.src.distribute import oracle_chief

from models.tuning import results
from models.tuning.search import Search

_LOGGER = logging.getLogger(__name__)
MAX_DEATHS = 3
"""Deaths of workers over one trial, or outside of trials, that are taken for no accident."""
_POLL = 0.2
"""Seconds between two looks at the workers."""
_REMIND = 60.0
"""Seconds between two remarks on workers elsewhere that are still running."""
_FAREWELL = 5.0
"""Seconds for workers elsewhere to hear that the search is over."""


@dataclasses.dataclass(frozen=True)
class Fleet:
    """The workers of this machine."""

    command: Sequence[str]
    """Program and arguments of a worker."""
    size: int
    """Number of processes."""
    environment: Mapping[str, str]
    """Their environment, without KerasTuner's variables."""
    host: str = "127.0.0.1"
    """Address the chief listens on."""
    port: int = 0
    """Port the chief listens on; 0: any free."""


class ParallelSearch(Search):
    """A whole search in several processes.

    Args:
        fleet: The workers of this machine.
        **kwargs: See `Search`.
    """

    def __init__(self, fleet: Fleet, **kwargs: Any) -> None:
        self._fleet = fleet
        self._num_reported = 0
        super().__init__(**kwargs)

    def run_all(self) -> None:
        """Let workers run the trials that are left."""
        left = self.oracle.planned_trials() - len(self.oracle.end_order)
        if left <= 0:
            return
        self.oracle.save()
        fleet = dataclasses.replace(self._fleet, size=min(self._fleet.size, left))
        with _serve(self.oracle, f"{fleet.host}:{fleet.port}") as port:
            environment = {
                **fleet.environment,
                "KERASTUNER_ORACLE_IP": "127.0.0.1" if fleet.host == "0.0.0.0" else fleet.host,
                "KERASTUNER_ORACLE_PORT": str(port),
            }
            logs = pathlib.Path(self.directory)
            with _Workers(fleet, environment, logs) as workers:
                while workers.tend(self.oracle, pathlib.Path(self.project_dir)):
                    self._report_news()
                    time.sleep(_POLL)
            self._wait_for_others()
        self._report_news()

    def _report_news(self) -> None:
        if len(self.oracle.end_order) != self._num_reported:
            self._num_reported = len(self.oracle.end_order)
            self.report()

    def _wait_for_others(self) -> None:
        """Workers on other machines finish their trials and hear that there are no more."""
        reminded = begun = time.monotonic()
        while self.oracle.ongoing_trials:
            self._report_news()
            time.sleep(_POLL)
            begun = time.monotonic()
            if begun - reminded > _REMIND:
                reminded = begun
                running = {k: t.trial_id for k, t in list(self.oracle.ongoing_trials.items())}
                _LOGGER.warning(
                    "waiting for workers elsewhere (trials by worker: %s); one that died must be "
                    "started again with the same KERASTUNER_TUNER_ID",
                    running,
                )
        while self.oracle.tuner_ids and time.monotonic() - begun < _FAREWELL:
            time.sleep(_POLL)


@contextlib.contextmanager
def _serve(oracle: Any, address: str) -> Iterator[int]:
    """Answer workers on an address, for example `127.0.0.1:0`; yields the port."""
    # One thread: KerasTuner's oracle is not made for more. Two chiefs must not share a port.
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=1), options=[("grpc.so_reuseport", 0)]
    )
    servicer = oracle_chief.OracleServicer(oracle)
    protos.get_service_grpc().add_OracleServicer_to_server(servicer, server)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(
            f"The chief of the search cannot listen on {address}. Is another search using it? "
            "Look at KERASTUNER_ORACLE_IP and KERASTUNER_ORACLE_PORT."
        ) from error
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=None)


def _hang_up(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


class _Workers:
    """The processes of one machine; killed with the block."""

    def __init__(self, fleet: Fleet, environment: Mapping[str, str], logs: pathlib.Path) -> None:
        self._fleet = fleet
        self._environment = environment
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths: collections.Counter[str] = collections.Counter()

    def __enter__(self) -> _Workers:
        for index in range(self._fleet.size):
            self._start(f"worker{index}")
        return self

    def __exit__(self, *_: Any) -> None:
        for process in self._running.values():
            process.kill()  # A worker has nothing to save.
            process.wait()
            _hang_up(process)

    def tend(self, oracle: Any, trials_dir: pathlib.Path) -> bool:
        """Replace the dead; whether anybody still works."""
        for name, process in list(self._running.items()):
            code = process.poll()
            if code is None:
                continue
            _hang_up(process)
            del self._running[name]
            is_over = len(oracle.end_order) >= oracle.planned_trials()
            if code and not is_over:
                self._bury(oracle, trials_dir, name, code)
                self._start(name)
        return bool(self._running)

    def _start(self, name: str) -> None:
        with open(self._log(name), "ab") as log:
            self._running[name] = subprocess.Popen(
                self._fleet.command,
                env={**self._environment, "KERASTUNER_TUNER_ID": name},
                stdin=subprocess.PIPE,  # Its end tells the worker that this process is gone.
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for this process.
            )

    def _bury(self, oracle: Any, trials_dir: pathlib.Path, name: str, code: int) -> None:
        """Count a death; fail the trial that kills its workers, or the search without one."""
        ongoing = oracle.ongoing_trials.get(name)
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        _LOGGER.warning("%s died (%s) in trial %s", name, reason, ongoing and ongoing.trial_id)
        cause = f"trial {ongoing.trial_id}" if ongoing else "no trial"
        self._deaths[cause] += 1
        if self._deaths[cause] < MAX_DEATHS:
            return
        if ongoing is None:
            raise RuntimeError(
                f"A worker of the search died {MAX_DEATHS} times ({reason}) outside of a "
                f"trial. The end of {self._log(name)}:\n{self._tail(name)}"
            )
        hint = " (out of memory? lower `tuning.workers` or the sizes)" if code == -9 else ""
        error = f"its process died {MAX_DEATHS} times, last with {reason}{hint}"
        results.Record(0.0, 0, name, 0.0, error).write(trials_dir / f"trial_{ongoing.trial_id}")
        failed = copy.copy(ongoing)
        failed.status, failed.message = "FAILED", error
        oracle.end_trial(failed)

    def _log(self, name: str) -> pathlib.Path:
        return self._logs / f"{name}.log"

    def _tail(self, name: str) -> str:
        return "\n".join(self._log(name).read_text("utf-8", "replace").splitlines()[-15:])
