"""Callers of a gRPC method: requests after each other, several callers on one channel.

The bytes of messages go through as they are, so nothing of TensorFlow is imported.
"""

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Sequence

import grpc.aio

from serving.client import over_grpc
from serving.load.job import Job
from serving.load.tally import Tally

# A channel is one connection, and RFC 9113 wants servers to allow 100 streams on one.
_CALLERS_PER_CHANNEL = 100
_OPTIONS = (*over_grpc.OPTIONS, ("grpc.enable_http_proxy", 0))
_PAUSE_SECONDS = 0.05


async def start(
    job: Job, tally: Tally, opened: contextlib.AsyncExitStack
) -> list[Coroutine[None, None, None]]:
    """Open the channels.

    Args:
        job: Whom to ask what.
        tally: Where answers are counted.
        opened: Closes the channels.

    Returns:
        The callers, to be run; each ends when the tally is stopped and its answer is there.

    Raises:
        OSError: If nobody listens.
    """
    host, port = job.target.host, job.target.port
    _, writer = await asyncio.open_connection(host, port)  # A channel would keep trying.
    writer.close()
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    callers: list[Coroutine[None, None, None]] = []
    while (missing := job.concurrency - len(callers)) > 0:
        channel = await opened.enter_async_context(grpc.aio.insecure_channel(address, _OPTIONS))
        method = channel.unary_unary(job.target.path)
        size = min(missing, _CALLERS_PER_CHANNEL)
        callers += [_ask(method, job.payloads, tally) for _ in range(size)]
    return callers


async def _ask(
    method: grpc.aio.UnaryUnaryMultiCallable, payloads: Sequence[bytes], tally: Tally
) -> None:
    while not tally.is_stopped:
        index, started = tally.next_index(), time.perf_counter()
        try:
            answer = await method(payloads[index])
        except grpc.aio.AioRpcError as error:
            tally.failed(error.code().name, error.details() or "")
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                # Without a connection a call fails at once, and the next one would, too.
                await asyncio.sleep(_PAUSE_SECONDS)
        else:
            tally.answered(index, started, answer)
