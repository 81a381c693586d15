# page: dangling-task
# before: Task was destroyed but it is pending
# after: received: hello
import asyncio

from mailbox import deliver, receive


async def listen():
    print("received:", await receive())


def start(coroutine):
    return asyncio.create_task(coroutine)


async def main():
    start(listen())
    await deliver("hello")


asyncio.run(main())
