# page: nested-run
# before: RuntimeError
# before-exit: 1
# after: attribute
# after: parameter
# after: helper
import asyncio


async def fetch(name):
    await asyncio.sleep(0)
    return name


def current_loop():
    return asyncio.get_event_loop()


class Bot:
    def __init__(self):
        self.engine = asyncio.get_event_loop()

    async def answer(self):
        return self.engine.run_until_complete(fetch("attribute"))


async def drive(engine: asyncio.AbstractEventLoop):
    return engine.run_until_complete(fetch("parameter"))


async def main():
    print(await Bot().answer())
    print(await drive(asyncio.get_running_loop()))
    print(current_loop().run_until_complete(fetch("helper")))


asyncio.run(main())
