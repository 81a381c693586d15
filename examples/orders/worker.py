"""A queue of jobs beside the poller, and the watchdog thread."""

import asyncio
import os
import queue
import threading
import time

from .notifications import post_chat

jobs = queue.Queue()


class Worker:
    def __init__(self, name, loop=None):
        self.name = name
        self.loop = loop or asyncio.get_event_loop()
        self.ready = asyncio.Event(loop=loop)
        self.done = 0

    def start(self):
        self.loop.create_task(self.work())

    async def work(self):
        self.ready.set()
        while True:
            job = jobs.get()
            if job is None:
                break
            try:
                await asyncio.wait_for(job(), 30, loop=self.loop)
            except Exception:
                pass
            self.done += 1

    async def drain(self):
        while not jobs.empty():
            time.sleep(0.1)
        await asyncio.sleep(0)

    async def checksum(self, rows):
        total = 0
        for row in rows:
            for byte in repr(row).encode():
                total = (total * 31 + byte) % 2 ** 32
        return total


class Watchdog(threading.Thread):
    """Asks from a thread of its own whether the process still makes progress."""

    def __init__(self, worker, loop):
        super().__init__(daemon=True)
        self.worker = worker
        self.loop = loop

    def run(self):
        seen = -1
        while True:
            time.sleep(60)
            if self.worker.done == seen:
                asyncio.run_coroutine_threadsafe(post_chat("worker is stuck"), self.loop)
            seen = self.worker.done
            os.utime("/tmp/orders.alive")
