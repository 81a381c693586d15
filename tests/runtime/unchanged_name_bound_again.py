# The name means another function when the statement runs.
# page: forgotten-await
# unchanged
# after: plain
import asyncio


async def notify():
    print("coroutine")


def plain():
    print("plain")


async def main(notify=plain):
    notify()


asyncio.run(main())
