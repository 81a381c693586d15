# page: await-in-loop
# before: beside: 0 tasks
# after: squares: 25 in order, 0 to 576
# after: beside: 10 tasks
import asyncio

beside = 0


async def watch():
    global beside
    while True:
        # All but this one and the one that asks for the squares.
        beside = max(beside, len(asyncio.all_tasks()) - 2)
        await asyncio.sleep(0)


async def square(number):
    await asyncio.sleep(0.01 * (3 - number % 3))
    return number * number


async def squares(numbers):
    found = []
    for number in numbers:
        found.append(await square(number))
    return found


async def main():
    watcher = asyncio.create_task(watch())
    found = await squares(range(25))
    watcher.cancel()
    ordered = "in order" if found == sorted(found) else "mixed"
    print(f"squares: {len(found)} {ordered}, {found[0]} to {found[-1]}")
    print("beside:", beside, "tasks")


asyncio.run(main())
