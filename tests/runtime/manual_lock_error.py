# page: manual-lock
# before: still locked
# after: failed
# after: free
import asyncio

limit = asyncio.Semaphore(1)


async def fail():
    await asyncio.sleep(0)
    raise OSError("failed")


async def work():
    await limit.acquire()
    await fail()
    limit.release()


async def main():
    try:
        await work()
    except OSError as error:
        print(error)
    print("still locked" if limit.locked() else "free")


asyncio.run(main())
