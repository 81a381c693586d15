# `await` binds looser than a subscript, so the fix needs parentheses.
# page: nested-run
# before: RuntimeError
# before-exit: 1
# after: total: 12
import asyncio


async def price(lines):
    await asyncio.sleep(0)
    return {"total": sum(lines)}


async def main():
    print("total:", asyncio.run(price([3, 4, 5]))["total"])


asyncio.run(main())
