# page: sync-bridge
# before: cannot be called from a running event loop
# before-exit: 1
# after: EN: title
# after: EN: title
# modules: change
import asyncio

from views import page


async def main():
    print(page("en"))


def plain():
    return page("en")


if __name__ == "__main__":
    asyncio.run(main())
    print(plain())
