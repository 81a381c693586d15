# page: blocking-database
# unchanged
# after: rows: [(1,)]
import asyncio
import sqlite3


async def main():
    db = sqlite3.connect(":memory:")
    print("rows:", db.execute("SELECT 1").fetchall())
    db.close()


asyncio.run(main())
