# page: ignored-results
# before: told of 0 failures
# after: told of 2 failures
import asyncio
import logging

seen = []


class Told(logging.Handler):
    def emit(self, record):
        seen.append(record.exc_info[1])


async def post(user):
    if user != "eve":
        raise ConnectionError(user)


async def broadcast(users):
    await asyncio.gather(*(post(user) for user in users), return_exceptions=True)


async def main():
    await broadcast(["ann", "bob", "eve"])
    print("told of", len(seen), "failures")


logging.getLogger().addHandler(Told())
asyncio.run(main())
