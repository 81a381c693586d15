# page: gather-exceptions
# unchanged
# after: not told: ann
# after: told: bob
# after: done
import asyncio


async def tell(user):
    try:
        await asyncio.sleep(0)
        if user == "ann":
            raise ConnectionError(user)
        print("told:", user)
    except Exception as error:
        print("not told:", error)


async def broadcast(users):
    await asyncio.gather(*(tell(user) for user in users))
    print("done")


async def main():
    await broadcast(["ann", "bob"])


asyncio.run(main())
