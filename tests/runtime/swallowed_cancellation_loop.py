# page: swallowed-cancellation
# before: polled to the end
# after: cancelled: True
import asyncio


async def poll():
    for _ in range(3):
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            pass
    print("polled to the end")


async def main():
    task = asyncio.create_task(poll())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    print("cancelled:", task.cancelled())


asyncio.run(main())
