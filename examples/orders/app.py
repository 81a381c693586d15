"""The service: `python -m orders.app`."""

import asyncio
import logging
import sys

from . import settings
from .notifications import Notifier
from .poller import Poller
from .store import Store
from .worker import Watchdog, Worker

log = logging.getLogger(__name__)


async def heartbeat(poller):
    while True:
        log.info("alive, %d rounds", poller.rounds)
        await asyncio.sleep(60)


async def shutdown(store, poller):
    poller.running = False
    await store.backup("orders.backup")


async def status(store):
    loop = asyncio.get_event_loop()
    seen = asyncio.run_coroutine_threadsafe(store.last_seen("main"), loop).result()
    return "last order at %s" % seen


async def serve():
    shops = await settings.load_shops()
    store = Store()
    await store.open()
    notifier = Notifier()
    poller = Poller(store, notifier)
    worker = Worker("jobs")
    worker.start()
    Watchdog(worker, asyncio.get_event_loop()).start()
    ready, _, _ = await poller.warm_up(shops)
    ready or asyncio.create_task(notifier.failed(shops[0], "not reachable"))
    asyncio.create_task(heartbeat(poller))
    try:
        await poller.run(shops)
    except asyncio.CancelledError:
        shutdown(store, poller)


async def serve_in_group():
    """The same with a task group, for the interpreters that have one: the group keeps its tasks."""
    shops = await settings.load_shops()
    store = Store()
    await store.open()
    poller = Poller(store, Notifier())
    async with asyncio.TaskGroup() as group:
        group.create_task(heartbeat(poller))
        group.create_task(poller.run(shops))


def main():
    logging.basicConfig(level=logging.INFO)
    if "--group" in sys.argv:
        asyncio.run(serve_in_group())
    else:
        asyncio.run(serve())


if __name__ == "__main__":
    main()
