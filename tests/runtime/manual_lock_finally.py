# page: manual-lock
# before: free
# after: failed
# after: free
import asyncio


class Store:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def save(self):
        await self.lock.acquire()
        try:
            await asyncio.sleep(0)
            raise OSError("failed")
        except OSError as error:
            print(error)
        finally:
            self.lock.release()


async def main():
    store = Store()
    await store.save()
    print("still locked" if store.lock.locked() else "free")


asyncio.run(main())
