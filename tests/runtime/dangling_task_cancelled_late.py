# A failure on the way to `cancel()` leaves the task running.
# page: dangling-task
# before: ticks for nobody: 3 or more
# after: no answer
# after: ticks for nobody: none
import asyncio

ticks = 0


async def tick():
    global ticks
    while True:
        await asyncio.sleep(0.01)
        ticks += 1


async def fetch():
    await asyncio.sleep(0)
    raise ConnectionError("no answer")


async def download():
    ticking = asyncio.create_task(tick())
    data = await fetch()
    ticking.cancel()
    return data


async def main():
    global ticks
    try:
        await download()
    except ConnectionError as error:
        print(error)
    ticks = 0
    await asyncio.sleep(0.2)
    print("ticks for nobody:", "none" if ticks == 0 else "few" if ticks < 3 else "3 or more")


asyncio.run(main())
