# page: forgotten-await-value
# before: <coroutine object title at
# before: coroutine 'title' was never awaited
# after: _Home_
import asyncio


def underline(text: str) -> str:
    return f"_{text}_"


async def title():
    await asyncio.sleep(0)
    return "Home"


async def main():
    heading = title()
    print(underline(heading))


asyncio.run(main())
