# page: sync-iteration
# before: nothing to iterate
# after: 1
import asyncio


async def numbers():
    yield 1


async def main():
    try:
        for number in numbers():
            print(number)
    except TypeError:
        print("nothing to iterate")


asyncio.run(main())
