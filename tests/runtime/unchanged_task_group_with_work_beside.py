# page: single-task-group
# unchanged
# python: 3.11
# after: reserved
# after: packed
import asyncio


async def reserve(ready):
    print("reserved")
    ready.set()


async def main():
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(reserve(ready))
        await ready.wait()
        print("packed")


asyncio.run(main())
