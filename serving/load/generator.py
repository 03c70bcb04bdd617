"""`python -m serving.load.generator`: the process that asks.

A pickled `Job` in, a pickled `Outcome` out; `serving.load.measuring` starts it. One event loop and
no TensorFlow, because what it costs is taken from the server beside it. On two shared cores,
against servers that only echo 300 bytes, it took 0.01 ms of processor time a request over REST and
0.20 to 0.24 ms over gRPC, most of it in gRPC's own library; every result says how much it was.
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import Coroutine, Sequence

import uvloop

from serving.load import child, grpc_callers, http1, processes
from serving.load.job import Job, Outcome, Target
from serving.load.tally import Tally

_DRAIN_SECONDS = 30.0
_RECONNECT_SECONDS = 0.05


async def run(job: Job) -> Outcome:
    """Ask until the window ends, then wait for what is under way.

    Raises:
        OSError: If nobody listens at the start.
    """
    tally = Tally(job.payloads, job.samples)
    target = job.target
    start = _start_rest if target.protocol == "rest" else grpc_callers.start
    async with contextlib.AsyncExitStack() as opened:
        tasks = [asyncio.create_task(caller) for caller in await start(job, tally, opened)]
        await asyncio.sleep(job.warmup_seconds)
        server_before = processes.cpu_seconds(target.pid) if target.pid else None
        cpu_before, started = time.process_time(), time.perf_counter()
        tally.open(started)
        await asyncio.sleep(job.seconds)
        ended, cpu = time.perf_counter(), time.process_time() - cpu_before
        tally.close(ended)
        span = tally.span()
        server_cpu = _since(server_before, target.pid)
        await _drain(tasks, tally)
    return Outcome(
        latencies=tally.latencies,
        seconds=ended - started,
        span=span,
        errors=dict(tally.errors),
        error_text=tally.error_text,
        samples=tally.samples,
        generator_cpu=cpu,
        server_cpu=server_cpu,
        server_memory=target.pid and processes.memory_bytes(target.pid),
    )


def _since(before: float | None, pid: int | None) -> float | None:
    """Processor seconds of a server since a moment; None if they cannot be known."""
    return None if before is None or pid is None else processes.cpu_seconds(pid) - before


async def _drain(tasks: Sequence[asyncio.Task[None]], tally: Tally) -> None:
    finished, unfinished = await asyncio.wait(tasks, timeout=_DRAIN_SECONDS)
    for task in unfinished:
        task.cancel()
        tally.failed("no answer", f"None came within {_DRAIN_SECONDS:g} s after the end.")
    for task in finished:
        task.result()


async def _start_rest(
    job: Job, tally: Tally, _: contextlib.AsyncExitStack
) -> list[Coroutine[None, None, None]]:
    """Open a connection for each caller; see `grpc_callers.start`."""
    requests = http1.requests(job.target, job.payloads)
    callers = [await _connect(job.target, requests, tally) for _ in range(job.concurrency)]
    return [_keep(job.target, requests, tally, caller) for caller in callers]


async def _connect(target: Target, requests: Sequence[bytes], tally: Tally) -> http1.Caller:
    loop = asyncio.get_running_loop()
    _, caller = await loop.create_connection(
        lambda: http1.Caller(requests, tally), target.host, target.port
    )
    return caller


async def _keep(
    target: Target, requests: Sequence[bytes], tally: Tally, caller: http1.Caller
) -> None:
    """Let a caller work; connect again when its connection is lost."""
    while await caller.done:
        await asyncio.sleep(_RECONNECT_SECONDS)
        try:
            caller = await _connect(target, requests, tally)
        except OSError as error:
            tally.failed("no connection", str(error))
            caller.done = asyncio.get_running_loop().create_future()
            caller.done.set_result(not tally.is_stopped)


if __name__ == "__main__":
    gc.disable()  # Nothing here is circular, and a collection would be a pause in the figures.
    child.answer(lambda job: uvloop.run(run(job)))
