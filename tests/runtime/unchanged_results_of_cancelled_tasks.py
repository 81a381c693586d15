# page: ignored-results
# unchanged
# after: cancelled: 2
import asyncio


async def stop(tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def main():
    tasks = [asyncio.create_task(asyncio.sleep(60)) for _ in range(2)]
    await asyncio.sleep(0)
    await stop(tasks)
    print("cancelled:", sum(task.cancelled() for task in tasks))


asyncio.run(main())
