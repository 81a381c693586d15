# page: sequential-awaits
# python: 3.11
# before: handled: no such sensor: -1, after 2 waits
# after: handled: no such sensor: -1, after 1 wait
# after: left: 0
import asyncio


async def temperature(sensor):
    await asyncio.sleep(0.6)
    return sensor * 2


async def humidity(sensor):
    await asyncio.sleep(0.6)
    if sensor < 0:
        raise LookupError(f"no such sensor: {sensor}")
    return sensor * 3


async def climate(sensor):
    warmth = await temperature(sensor)
    damp = await humidity(sensor)
    return warmth, damp


async def main():
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        await climate(-1)
    except LookupError as error:
        waits = "1 wait" if loop.time() - began < 1.1 else "2 waits"
        print(f"handled: {error.args[0]}, after {waits}")
    await asyncio.sleep(0)
    print("left:", len(asyncio.all_tasks()) - 1)


asyncio.run(main())
