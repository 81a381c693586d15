# page: forgotten-await
# before: was never awaited
# before: saved: []
# after: saved: [1, 2, 4, 5]
import asyncio

saved = []


async def save(number):
    await asyncio.sleep(0)
    saved.append(number)


async def main(modified=True):
    modified and save(1)
    save(2) if modified else save(3)
    [save(number) for number in (4, 5)]
    print("saved:", saved)


asyncio.run(main())
