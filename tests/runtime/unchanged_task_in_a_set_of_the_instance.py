# Why the fix keeps its set in the module: the task, its coroutine, `self` and the set are one cycle, and when nobody
# else holds the instance the collector takes it all. aiofix says nothing here, since it cannot know who holds `self`.
# page: dangling-task
# unchanged
# before: Task was destroyed but it is pending
# after: nothing received
import asyncio

from mailbox import deliver, receive


class Listener:
    def __init__(self):
        self.tasks = set()

    def start(self):
        task = asyncio.create_task(self.listen())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def listen(self):
        print("received:", await receive())


async def main():
    Listener().start()
    await deliver("hello")
    print("nothing received")


asyncio.run(main())
