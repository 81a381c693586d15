# page: nested-run
# unchanged
# after: served
# after: served
import asyncio


async def serve():
    await asyncio.sleep(0)
    print("served")


def main():
    asyncio.run(serve())
    loop = asyncio.new_event_loop()
    loop.run_until_complete(serve())
    loop.close()


if __name__ == "__main__":
    main()
