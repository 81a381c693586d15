# page: dangling-task
# before: Task was destroyed but it is pending
# after: received: hello
import asyncio

from mailbox import deliver, receive


async def listen(name):
    print("received:", await receive())


async def main(enabled=True, verbose=False):
    enabled and asyncio.create_task(listen("main"))
    verbose and asyncio.create_task(listen("verbose"))
    await deliver("hello")


asyncio.run(main())
