# page: nested-run
# before: RuntimeError
# before-exit: 1
# after: 3
from asyncio import run as start


async def add(a, b):
    return a + b


async def main():
    total = start(add(1, 2))
    print(total)


start(main())
