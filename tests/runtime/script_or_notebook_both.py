# page: script-or-notebook
# before: RuntimeError: asyncio.run() cannot be called from a running event loop
# before-exit: 1
# after: alone
# after: inside
import asyncio


async def main(where):
    await asyncio.sleep(0)
    print(where)


def start(where):
    asyncio.run(main(where))


async def console():
    start("inside")
    await asyncio.sleep(0.01)


if __name__ == "__main__":
    start("alone")
    asyncio.run(console(), debug=False)
