# page: sequential-awaits
# unchanged
# after: steps: 1 2
# after: lines: b'first\n' b'second\n'
import asyncio


class Counter:
    def __init__(self):
        self.count = 0

    async def step(self):
        count = self.count + 1
        await asyncio.sleep(0)
        self.count = count
        return count


async def steps(counter):
    one = await counter.step()
    two = await counter.step()
    print("steps:", one, two)


async def lines(reader: asyncio.StreamReader):
    one = await reader.readline()
    two = await reader.readline()
    print("lines:", one, two)


async def main():
    await steps(Counter())
    reader = asyncio.StreamReader()
    reader.feed_data(b"first\nsecond\n")
    await lines(reader)


asyncio.run(main())
