# page: forgotten-await-value
# before: TypeError: 'coroutine' object is not subscriptable
# before: coroutine 'find' was never awaited
# before-exit: 1
# after: shipped 7 paid
import asyncio


async def find(number):
    await asyncio.sleep(0)
    return {"number": number, "state": "paid"}


async def ship(number):
    order = find(number)
    if order["state"] == "paid":
        return order
    return None


async def main():
    order = await ship(7)
    print("shipped", order["number"], order["state"])


asyncio.run(main())
