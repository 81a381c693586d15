# page: forgotten-await,forgotten-await-value,forgotten-return-await
# unchanged
# after: 1 load
# after: [2, 3]
# after: 4
# after: 5
# after: {'six': 6}
# after: 7
import asyncio
import inspect


async def load(number):
    await asyncio.sleep(0)
    return number


async def choose(number):
    return load(number)


async def settle(value):
    return await value if inspect.isawaitable(value) else value


class Box:
    async def fill(self):
        self.kept = load(4)
        return self


async def main():
    pending = load(1)
    told = pending.__name__
    print(await pending, told)
    rest = [load(2)]
    rest.append(load(3))
    print(await asyncio.gather(*rest))
    print(await (await Box().fill()).kept)
    print(await (await choose(5)))
    by_name = {"six": load(6)}
    print({name: await value for name, value in by_name.items()})
    seventh = load(7)
    print(await settle(seventh))


asyncio.run(main())
