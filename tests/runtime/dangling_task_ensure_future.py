# page: dangling-task
# before: Task was destroyed but it is pending
# after: received: hello
from asyncio import ensure_future, run

from mailbox import deliver, receive


async def listen():
    print("received:", await receive())


def start():
    ensure_future(listen())


async def main():
    start()
    await deliver("hello")


run(main())
