# page: await-in-loop
# before: error: no 3, after 4 waits
# after: error: no 3, after 1 wait
# after: left: 0
import asyncio


async def square(number):
    await asyncio.sleep(0.2)
    if number == 3:
        raise LookupError(f"no {number}")
    return number * number


async def squares(numbers):
    return [await square(number) for number in numbers]


async def main():
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        await squares([0, 1, 2, 3, 4])
    except LookupError as error:
        waits = "1 wait" if loop.time() - began < 0.6 else "4 waits"
        print(f"error: {error.args[0]}, after {waits}")
    await asyncio.sleep(0.3)
    print("left:", len(asyncio.all_tasks()) - 1)


asyncio.run(main())
