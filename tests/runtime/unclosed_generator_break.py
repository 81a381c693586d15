# page: unclosed-generator
# before: open behind the loop
# after: row 1
# after: closed behind the loop
# python: 3.10
import asyncio

is_open = False


async def rows():
    global is_open
    is_open = True
    try:
        for number in range(1, 4):
            await asyncio.sleep(0)
            yield number
    finally:
        await asyncio.sleep(0)
        is_open = False


async def main():
    async for number in rows():
        print("row", number)
        if number == 1:
            break
    print("open" if is_open else "closed", "behind the loop")


asyncio.run(main())
