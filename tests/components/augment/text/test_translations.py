"""Tests of components/augment/text/translations.py."""

import multiprocessing
import os
import signal
import sqlite3

from components.augment.text import translations
from components.augment.text.translations import Sentence

BATCH = 3


class Failing:
    """Dies in its third batch."""

    identity = "failing"

    def __init__(self, end):
        self.end = end
        self.asked = []
        self.batches = 0

    def translate(self, requests):
        self.asked += requests
        self.batches += 1
        if self.batches == 3:
            self.end()
        return [request.text.upper() for request in requests]


REQUESTS = [Sentence(f"sentence {number}", 1.0, number) for number in range(8)]


def kill_oneself():
    os.kill(os.getpid(), signal.SIGKILL)


def translate_until_killed(folder):
    translations.CachedTranslator(Failing(kill_oneself), folder, BATCH).translate(REQUESTS)


def translate_all(folder, start):
    start.wait()
    for _ in range(20):
        translations.CachedTranslator(Failing(int), folder, BATCH).translate(REQUESTS)


def test_what_a_killed_process_translated_is_kept(tmp_path):
    process = multiprocessing.get_context("spawn").Process(
        target=translate_until_killed, args=(tmp_path,)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    survivor = Failing(int)
    translations.CachedTranslator(survivor, tmp_path, BATCH).translate(REQUESTS)
    assert [request.seed for request in survivor.asked] == [6, 7]


def test_several_processes_share_a_cache(tmp_path):
    context = multiprocessing.get_context("spawn")
    start = context.Event()
    workers = [context.Process(target=translate_all, args=(tmp_path, start)) for _ in range(3)]
    for worker in workers:
        worker.start()
    start.set()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    with sqlite3.connect(tmp_path / translations.FILE) as database:
        (count,) = database.execute("SELECT COUNT(*) FROM translations").fetchone()
    database.close()
    assert count == len(REQUESTS)
