# page: await-in-loop
# before: waited: 3 times
# after: rooms: HALL KITCHEN ATTIC
# after: waited: once
import asyncio


async def shout(room):
    await asyncio.sleep(0.6)
    return room.upper()


async def main():
    loop = asyncio.get_running_loop()
    began = loop.time()
    rooms = [await shout(room) for room in ("hall", "kitchen", "attic")]
    print("rooms:", *rooms)
    elapsed = loop.time() - began
    print("waited:", "once" if elapsed < 1.1 else f"{round(elapsed / 0.6)} times")


asyncio.run(main())
