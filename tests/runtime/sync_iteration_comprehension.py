# page: sync-iteration
# before: TypeError
# before-exit: 1
# after: [1, 4] {1: 1, 2: 4}
import asyncio


class Numbers:
    def __init__(self):
        self.left = [2, 1]

    def __aiter__(self):
        return self

    async def __anext__(self):
        await asyncio.sleep(0)
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop()


async def main():
    squares = [number * number for number in Numbers()]
    print(squares, {number: number * number for number in Numbers()})


asyncio.run(main())
