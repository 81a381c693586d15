"""Orders in SQLite."""

import asyncio
import json
import sqlite3
import subprocess
from time import sleep

from . import settings

_lock = asyncio.Lock()


def connect():
    # Runs in a worker thread at start-up: the volume may not be mounted yet.
    for _ in range(10):
        try:
            return sqlite3.connect(settings.DATABASE)
        except sqlite3.OperationalError:
            sleep(0.5)
    raise RuntimeError("no database at %s" % settings.DATABASE)


class Store:
    def __init__(self):
        self.db = None
        self.saved = 0

    async def open(self):
        loop = asyncio.get_event_loop()
        self.db = await loop.run_in_executor(None, connect)
        self.migrate()

    async def migrate(self):
        self.db.execute("CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, body TEXT, total REAL)")
        self.db.commit()

    async def save(self, order):
        await _lock.acquire()
        try:
            self.db.execute(
                "INSERT OR REPLACE INTO orders VALUES (?, ?, ?)", (order["id"], json.dumps(order), order["total"])
            )
            self.saved += 1
        finally:
            _lock.release()

    async def save_all(self, orders):
        for order in orders:
            await self.save(order)
        self.flush()

    async def flush(self):
        try:
            self.db.commit()
        except sqlite3.OperationalError:
            sleep(0.2)
            self.db.commit()

    async def last_seen(self, shop):
        row = self.db.execute("SELECT max(id) FROM orders WHERE body LIKE ?", ("%" + shop["name"] + "%",)).fetchone()
        return row[0] or ""

    async def backup(self, target):
        self.flush()
        subprocess.run(["cp", settings.DATABASE, target], check=True)
        with open(target + ".done", "w") as marker:
            marker.write(str(self.saved))
