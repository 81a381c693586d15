# page: forgotten-await
# before: coroutine 'rollback' was never awaited
# before: ['begin', 'failed']
# after: ['begin', 'failed', 'rollback']
import asyncio

log = []


async def rollback():
    log.append("rollback")


async def transaction():
    log.append("begin")
    try:
        raise ValueError("conflict")
    except ValueError:
        log.append("failed")
        rollback()


async def main():
    await transaction()
    print(log)


asyncio.run(main())
