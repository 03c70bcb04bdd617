"""`python -m serving.load.generator`: the process that asks.

A pickled `Job` in, a pickled `Outcome` out; `serving.load.measuring` starts it. One thread, no
TensorFlow and no gRPC library, because what it costs is taken from the server beside it. Against
servers that only echo it takes 0.03 to 0.06 ms of processor time a request, over either protocol
(gRPC's own Python client: 0.2 ms); every result says how much it was.
"""

import asyncio
import gc
import time
from collections.abc import Callable

import uvloop

from serving.load import child, http1, http2, processes
from serving.load.job import Job, Outcome, Target
from serving.load.tally import Tally

_DRAIN_SECONDS = 30.0
_RECONNECT_SECONDS = 0.05

Caller = http1.Caller | http2.Channel


async def run(job: Job) -> Outcome:
    """Ask until the window ends, then wait for what is under way.

    Raises:
        OSError: If nobody listens at the start.
    """
    tally = Tally(job.payloads, job.samples)
    target, make, num_connections = job.target, *_callers(job, tally)
    connections = [await _connect(target, make) for _ in range(num_connections)]
    tasks = [asyncio.create_task(_keep(target, make, c, tally)) for c in connections]
    await asyncio.sleep(job.warmup_seconds)
    server_before = target.pid and processes.cpu_seconds(target.pid)
    cpu_before, started = time.process_time(), time.perf_counter()
    tally.open(started)
    await asyncio.sleep(job.seconds)
    ended, cpu = time.perf_counter(), time.process_time() - cpu_before
    tally.close(ended)
    span = tally.span()
    server_cpu = target.pid and processes.cpu_seconds(target.pid) - server_before
    _, unfinished = await asyncio.wait(tasks, timeout=_DRAIN_SECONDS)
    for task in unfinished:
        task.cancel()
        tally.failed("no answer", f"None came within {_DRAIN_SECONDS:g} s after the end.")
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


def _callers(job: Job, tally: Tally) -> tuple[Callable[[], Caller], int]:
    """What makes a connection, and how many there are to be."""
    if job.target.protocol == "rest":
        requests = http1.requests(job.target, job.payloads)
        return lambda: http1.Caller(requests, tally), job.concurrency
    messages, headers = http2.messages(job.payloads), http2.headers(job.target)
    return lambda: http2.Channel(headers, messages, job.concurrency, tally), 1


async def _connect(target: Target, make: Callable[[], Caller]) -> Caller:
    loop = asyncio.get_running_loop()
    _, caller = await loop.create_connection(make, target.host, target.port)
    return caller


async def _keep(target: Target, make: Callable[[], Caller], caller: Caller, tally: Tally) -> None:
    """Let a caller work; connect again when its connection is lost."""
    while await caller.done:
        await asyncio.sleep(_RECONNECT_SECONDS)
        try:
            caller = await _connect(target, make)
        except OSError as error:
            tally.failed("no connection", str(error))
            caller.done = asyncio.get_running_loop().create_future()
            caller.done.set_result(not tally.is_stopped)


if __name__ == "__main__":
    gc.disable()  # Nothing here is circular, and a collection would be a pause in the figures.
    child.answer(lambda job: uvloop.run(run(job)))
