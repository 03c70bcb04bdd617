"""Tests of serving/rest/worker_pool.py."""

import asyncio
import threading

import pytest

from serving.rest.worker_pool import WorkerPool


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 10))


def test_results_and_errors_come_back_to_who_asked():
    pool = WorkerPool(2)

    def divide(number):
        return 12 // number

    async def ask():
        return await asyncio.gather(
            *[pool.run(divide, number) for number in (3, 0, 4)], return_exceptions=True
        )

    first, second, third = run(ask())
    assert (first, third) == (4, 3)
    assert isinstance(second, ZeroDivisionError)
    pool.close()


def test_there_are_never_more_threads_than_allowed_nor_than_needed():
    pool = WorkerPool(3)
    names = set()
    meeting = threading.Barrier(3)

    def meet():
        names.add(threading.current_thread().name)
        meeting.wait(10)

    async def ask(number):
        await asyncio.gather(*[pool.run(meet) for _ in range(number)])

    async def one_after_the_other():
        return {await pool.run(lambda: threading.current_thread().name) for _ in range(5)}

    assert run(one_after_the_other()) == {"rest_0"}
    run(ask(6))
    assert names == {"rest_0", "rest_1", "rest_2"}
    pool.close()


def test_who_waits_no_longer_does_not_disturb_the_next():
    pool = WorkerPool(1)
    may_go_on = threading.Event()

    async def ask():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pool.run(may_go_on.wait, 10), 0.01)
        may_go_on.set()
        return await pool.run(lambda: 7)

    assert run(ask()) == 7
    pool.close()


def test_a_thread_survives_the_loop_that_asked_it():
    pool = WorkerPool(1)
    may_go_on = threading.Event()

    async def leave():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pool.run(may_go_on.wait, 10), 0.01)

    run(leave())
    may_go_on.set()

    async def ask():
        return await pool.run(lambda: 8)

    assert run(ask()) == 8
    pool.close()
