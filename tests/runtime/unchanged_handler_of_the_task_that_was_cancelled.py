# page: swallowed-cancellation
# unchanged
# after: polling ends
# after: stopped
# after: closed
import asyncio


class Server:
    async def run(self):
        try:
            while True:
                await asyncio.sleep(60)
        finally:
            print("polling ends")

    async def stop(self):
        self.task.cancel()
        try:
            await self.task
        except asyncio.CancelledError:
            print("stopped")
        await asyncio.sleep(0)
        print("closed")


async def main():
    server = Server()
    server.task = asyncio.create_task(server.run())
    await asyncio.sleep(0)
    await server.stop()


asyncio.run(main())
