# page: sequential-awaits
# before: gave up: no such sensor: -1, after 2 waits
# before: climate: 2, 3, after 2 waits
# after: gave up: no such sensor: -1, after 1 wait
# after: climate: 2, 3, after 1 wait
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
    try:
        warmth = await temperature(sensor)
        damp = await humidity(sensor)
    except LookupError as error:
        return f"gave up: {error.args[0]}"
    return f"climate: {warmth}, {damp}"


async def main():
    loop = asyncio.get_running_loop()
    for sensor in (-1, 1):
        began = loop.time()
        text = await climate(sensor)
        waits = "1 wait" if loop.time() - began < 1.1 else "2 waits"
        print(f"{text}, after {waits}")
    await asyncio.sleep(0)
    print("left:", len(asyncio.all_tasks()) - 1)


asyncio.run(main())
