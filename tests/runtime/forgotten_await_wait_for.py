# page: forgotten-await
# before: coroutine 'wait_for' was never awaited
# before: set: False
# after: set: True
import asyncio


async def main():
    event = asyncio.Event()
    asyncio.get_running_loop().call_soon(event.set)
    asyncio.wait_for(
        event.wait(),
        timeout=60,
    )
    print("set:", event.is_set())


asyncio.run(main())
