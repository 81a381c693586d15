# page: sync-iteration
# before: Error
# before-exit: 1
# after: begin
# after: work under the lock
# after: commit
import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def transaction():
    print("begin")
    await asyncio.sleep(0)
    yield "work"
    print("commit")


async def main():
    lock = asyncio.Lock()
    with transaction() as work:
        with lock:
            print(work, "under the lock" if lock.locked() else "without a lock")


asyncio.run(main())
