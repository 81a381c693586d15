# A callback keeps nothing alive: the task holds the callback, not the other way round.
# page: dangling-task
# before: Task was destroyed but it is pending
# after: received: hello
# after: done
import asyncio

from mailbox import deliver, receive


async def listen():
    print("received:", await receive())


async def main():
    asyncio.create_task(listen()).add_done_callback(lambda task: print("done"))
    await deliver("hello")


asyncio.run(main())
