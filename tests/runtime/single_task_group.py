# page: single-task-group
# python: 3.11
# before-exit: 1
# before: ExceptionGroup
# after: handled: no stock
import asyncio


async def reserve(item):
    await asyncio.sleep(0)
    raise LookupError("no stock")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(reserve("bolt"))
    except LookupError as error:
        print("handled:", error)


asyncio.run(main())
