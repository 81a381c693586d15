# page: dangling-task
# unchanged
# after: received: hello
# after: kept: 0
import asyncio

from mailbox import deliver, receive

tasks = set()


class Listener:
    def start(self):
        task = asyncio.create_task(self.listen())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def listen(self):
        print("received:", await receive())


async def main():
    Listener().start()
    await deliver("hello")
    print("kept:", len(tasks))


asyncio.run(main())
