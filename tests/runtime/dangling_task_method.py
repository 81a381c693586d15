# Nobody holds the instance, so a set on it would be collected with the task.
# page: dangling-task
# before: Task was destroyed but it is pending
# after: received: hello
import asyncio

from mailbox import deliver, receive


class Listener:
    def start(self):
        asyncio.create_task(self.listen())

    async def listen(self):
        print("received:", await receive())


async def main():
    Listener().start()
    await deliver("hello")


asyncio.run(main())
