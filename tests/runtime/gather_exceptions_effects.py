# page: gather-exceptions
# before: failures seen: 1
# before: left running: 1
# after: left running: 0
# after: failures seen: 2
import asyncio
import logging

seen = []


class Told(logging.Handler):
    def emit(self, record):
        seen.append(record.exc_info[1])


async def book(ledger, turns):
    for _ in range(turns):
        await asyncio.sleep(0)
    raise ConnectionError(ledger)


async def dispatch():
    await asyncio.gather(book("stock", 1), book("accounts", 3))


async def main():
    try:
        await dispatch()
    except ConnectionError as error:
        seen.append(error)
    print("left running:", len(asyncio.all_tasks()) - 1)
    await asyncio.sleep(0.01)
    print("failures seen:", len(seen))


logging.getLogger().addHandler(Told())
asyncio.run(main())
