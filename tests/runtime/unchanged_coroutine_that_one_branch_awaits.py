# page: forgotten-await-value
# unchanged
# after: awaited: 1
# after: closed
# after: later: 3
import asyncio


async def load(number):
    await asyncio.sleep(0)
    return number


async def show(number, visible):
    text = load(number)
    if visible:
        text = await text
        print(f"awaited: {text}")
    else:
        text.close()
        print("closed")


async def later(number):
    text = load(number)

    async def get():
        return await text

    return get


async def main():
    await show(1, True)
    await show(2, False)
    print("later:", await (await later(3))())


asyncio.run(main())
