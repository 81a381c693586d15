# A function that only adds a callback to a task does not keep it.
# page: dangling-task
# before: Task was destroyed but it is pending
# after: received: hello
# after: done
import asyncio

from mailbox import deliver, receive


async def listen():
    print("received:", await receive())


def watch(task):
    task.add_done_callback(lambda task: print("done"))


async def main():
    watch(asyncio.create_task(listen()))
    await deliver("hello")


asyncio.run(main())
