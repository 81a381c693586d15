"""Monthly archive: reads old orders back, packs them, and hands them to the accountants."""

import asyncio
import functools
import gzip
import json
import threading


class Upload:
    """One file on its way to the accountants' server."""

    def __init__(self, host, name):
        self.host = host
        self.name = name

    async def __enter__(self):
        self.reader, self.writer = await asyncio.open_connection(self.host, 8021)
        self.writer.write(self.name.encode() + b"\n")
        return self

    async def __exit__(self, *exc_info):
        self.writer.close()
        await self.writer.wait_closed()

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()


class Archive:
    def __init__(self, db, host):
        self.db = db
        self.host = host
        self.lock = asyncio.Lock()
        self.guard = threading.Lock()

    async def months(self):
        for (month,) in self.db.execute("SELECT DISTINCT month FROM orders ORDER BY month"):
            await asyncio.sleep(0)
            yield month

    async def bodies(self, month):
        async with self.lock:
            for (body,) in self.db.execute("SELECT body FROM orders WHERE month = ?", (month,)):
                await asyncio.sleep(0)
                yield body

    async def sample(self, month):
        async for body in self.bodies(month):
            return json.loads(body)

    @functools.lru_cache(maxsize=None)
    async def totals(self, month):
        rows = self.db.execute("SELECT total FROM orders WHERE month = ?", (month,)).fetchall()
        await asyncio.sleep(0)
        return sum(total for (total,) in rows)

    def pack(self, month):
        rows = self.db.execute("SELECT body FROM orders WHERE month = ?", (month,)).fetchall()
        with self.guard:
            self.packed = month
        return gzip.compress(json.dumps(rows).encode())

    def note(self, month):
        print("archived", month)

    async def export(self):
        with self.lock:
            for month in self.months():
                data = await asyncio.to_thread(self.pack, month)
                async with Upload(self.host, month) as upload:
                    await upload.send(data)
                await self.note(month)

    async def purge(self):
        async for month in self.months():
            self.db.execute("DELETE FROM orders WHERE month = ?", (month,))
        await asyncio.to_thread(self.vacuum)

    async def vacuum(self):
        async with self.lock:
            self.db.execute("VACUUM")

    async def run(self):
        async for month in self.months():
            total = self.totals(month)
            print(month, await total)
        export = asyncio.create_task(self.export)
        await export
        await self.purge()
