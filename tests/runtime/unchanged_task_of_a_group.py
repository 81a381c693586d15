# page: dangling-task
# unchanged
# python: 3.11
# after: received: hello
import asyncio

from mailbox import deliver, receive


async def listen():
    print("received:", await receive())


async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(listen())
        await deliver("hello")


asyncio.run(main())
