# page: debug-mode
# before: False
# after: True
import asyncio

asyncio.coroutines._is_debug_mode = lambda: False  # whatever the interpreter was started with


async def main():
    print(asyncio.get_running_loop().get_debug())


if __name__ == "__main__":
    asyncio.run(main())
