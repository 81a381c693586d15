# page: busy-wait
# before: asked more than once
# after: set
# after: asked once
import asyncio


class Server:
    def __init__(self):
        self.ready = asyncio.Event()

    async def start(self):
        for _ in range(5):
            await asyncio.sleep(0.01)
        self.ready.set()

    async def serve(self):
        while not self.ready.is_set():
            await asyncio.sleep(0)
        print("set")


async def main():
    server = Server()
    loop = asyncio.get_running_loop()
    calls = 0
    schedule = loop.call_soon

    def counted(*arguments, **options):
        nonlocal calls
        calls += 1
        return schedule(*arguments, **options)

    loop.call_soon = counted
    starting = asyncio.ensure_future(server.start())
    serving = asyncio.ensure_future(server.serve())
    await starting
    print("asked more than once" if calls > 100 else "asked once")
    await serving


asyncio.run(main())
