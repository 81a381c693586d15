# page: sequential-awaits
# before: waited: 2 times
# after: climate: 42 63
# after: waited: once
import asyncio


async def temperature(sensor):
    await asyncio.sleep(0.6)
    return sensor * 2


async def humidity(sensor):
    await asyncio.sleep(0.6)
    return sensor * 3


async def climate(sensor):
    warmth = await temperature(sensor)
    damp = await humidity(sensor)
    print("climate:", warmth, damp)


async def main():
    loop = asyncio.get_running_loop()
    began = loop.time()
    await climate(21)
    print("waited:", "once" if loop.time() - began < 1.1 else "2 times")


asyncio.run(main())
