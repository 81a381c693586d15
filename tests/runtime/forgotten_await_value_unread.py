# page: forgotten-await-value
# before: coroutine 'save' was never awaited
# before: saved: []
# after: saved: [1, 2]
import asyncio

saved = []


async def save(number):
    saved.append(number)


async def main():
    _ = save(1)
    if (done := save(2)) is None:
        print("saved:", saved)
    else:
        print("saved:", saved, "of 2")


asyncio.run(main())
