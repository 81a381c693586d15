# page: dangling-task
# before: Task was destroyed but it is pending
# after: loud: hello
import asyncio

from mailbox import deliver, receive


async def listen(name):
    print(name + ":", await receive())


async def main(loud=True):
    asyncio.create_task(listen("loud")) if loud else asyncio.create_task(listen("quiet"))
    await deliver("hello")


asyncio.run(main())
