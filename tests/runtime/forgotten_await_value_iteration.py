# page: forgotten-await-value
# before: TypeError: print() argument after * must be an iterable, not coroutine
# before-exit: 1
# after: a b
# after: ['A', 'B'] 2
import asyncio


class Directory:
    async def entries(self):
        await asyncio.sleep(0)
        return ["a", "b"]

    async def show(self):
        print(*self.entries())
        names = [entry.upper() for entry in self.entries()]
        print(names, len(self.entries()))


asyncio.run(Directory().show())
