# page: starving-loop
# before: turns: 0
# after: total: 499999500000
# after: turns: 3 or more
import asyncio


class Model:
    total = 0

    def add(self, number):
        self.total += number


async def compute(model):
    for number in range(1_000_000):
        model.add(number)
    return model.total


async def main():
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    await asyncio.sleep(0)
    turns = 0
    print("total:", await compute(Model()))
    print("turns:", "3 or more" if turns >= 3 else turns)
    counting.cancel()


asyncio.run(main())
