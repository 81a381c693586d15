# page: forgotten-await
# before: was never awaited
# before: log: ['begin', 'end']
# after: log: ['begin', 'step', 'end']
import asyncio


async def main():
    log = ["begin"]

    async def step():
        await asyncio.sleep(0)
        log.append("step")

    step()
    log.append("end")
    print("log:", log)


asyncio.run(main())
