# page: dangling-task
# before: Task was destroyed but it is pending
# after: ['0: hello', '1: hello']
import asyncio

from mailbox import deliver, receive

letters = []


async def listen(number):
    letters.append("%d: %s" % (number, await receive()))


async def main():
    [asyncio.create_task(listen(number)) for number in range(2)]
    await deliver("hello")
    print(sorted(letters))


asyncio.run(main())
