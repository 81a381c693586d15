# page: forgotten-await-value
# before: coroutine 'is_allowed' was never awaited
# before: door: open
# after: door: closed
import asyncio


async def is_allowed(user):
    await asyncio.sleep(0)
    return user == "admin"


async def main():
    door = "closed"
    if is_allowed("guest"):
        door = "open"
    print("door:", door)


asyncio.run(main())
