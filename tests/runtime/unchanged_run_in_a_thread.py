# Each of these has a loop of its own, in a thread of its own.
# page: nested-run
# unchanged
# after: ['lambda', 'loop', 'nested']
import asyncio


async def fetch(name):
    await asyncio.sleep(0)
    return name


def with_a_loop():
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(fetch("loop"))
    finally:
        loop.close()


async def main():
    def nested():
        return asyncio.run(fetch("nested"))

    loop = asyncio.get_running_loop()
    print(
        sorted(
            [
                await loop.run_in_executor(None, lambda: asyncio.run(fetch("lambda"))),
                await loop.run_in_executor(None, nested),
                await loop.run_in_executor(None, with_a_loop),
            ]
        )
    )


asyncio.run(main())
