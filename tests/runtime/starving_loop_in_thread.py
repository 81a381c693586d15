# page: starving-loop
# prefer: in-thread
# before: nobody had a turn
# after: others had a turn
# after: 9592 primes
import asyncio

turns = 0


async def tick():
    global turns
    while True:
        turns += 1
        await asyncio.sleep(0)


async def primes():
    found = 0
    for number in range(2, 100_000):
        if all(number % divisor for divisor in range(2, int(number**0.5) + 1)):
            found += 1
    return found


async def main():
    ticker = asyncio.ensure_future(tick())
    await asyncio.sleep(0)
    before = turns
    found = await primes()
    print("others had a turn" if turns > before + 1 else "nobody had a turn")
    print(found, "primes")
    ticker.cancel()


asyncio.run(main())
