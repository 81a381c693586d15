# page: ignored-results
# before: told of 0 failures
# after: told of 1 failures
import asyncio
import logging

seen = []
kept = []


class Told(logging.Handler):
    def emit(self, record):
        seen.append(record.exc_info[1])


async def post(user):
    kept.append(asyncio.current_task())
    if user == "ann":
        raise ConnectionError(user)


async def broadcast(users):
    await asyncio.wait([asyncio.create_task(post(user)) for user in users])


async def main():
    await broadcast(["ann", "bob"])
    print("told of", len(seen), "failures")
    for task in kept:
        task.exception()


logging.getLogger().addHandler(Told())
asyncio.run(main())
