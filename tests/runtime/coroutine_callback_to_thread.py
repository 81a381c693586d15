# page: coroutine-callback
# before: was never awaited
# before: saved: []
# after: saved: ['report', 'letter']
import asyncio

saved = []


async def save(name, *, again=False):
    await asyncio.sleep(0)
    saved.append(name)


async def main():
    loop = asyncio.get_running_loop()
    loop.set_debug(False)
    await asyncio.to_thread(save, "report", again=True)
    await loop.run_in_executor(None, save, "letter")
    print("saved:", saved)


asyncio.run(main())
