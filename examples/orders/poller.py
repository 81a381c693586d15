"""Asks each shop for its orders, for ever."""

import asyncio
import logging
import time

from . import client, pricing, settings
from .client import ShopError

log = logging.getLogger(__name__)


class Poller:
    def __init__(self, store, notifier):
        self.store = store
        self.notifier = notifier
        self.running = True
        self.rounds = 0
        self.idle = False

    async def poll_shop(self, shop):
        since = await self.store.last_seen(shop)
        orders = await client.fetch_orders(shop, since)
        for order in await pricing.price_all(orders):
            await self.store.save(order)
            await self.notifier.order_saved(order)
        return len(orders)

    async def poll_once(self, shops):
        results = await asyncio.gather(*[self.poll_shop(shop) for shop in shops], return_exceptions=True)
        for shop, result in zip(shops, results):
            if isinstance(result, ShopError):
                await self.notifier.failed(shop, result)
        self.rounds += 1
        self.report(results)

    async def report(self, results):
        log.info("round %d: %s", self.rounds, results)

    async def run(self, shops):
        while self.running:
            try:
                await self.poll_once(shops)
            except Exception:
                log.exception("round failed")
            asyncio.sleep(settings.POLL_SECONDS)
        self.idle = True

    async def stop(self):
        self.running = False
        while not self.idle:
            await asyncio.sleep(0.1)

    async def warm_up(self, shops):
        reachable = await asyncio.gather(*(client.ping(shop) for shop in shops))
        catalogue = await client.fetch_catalogue(shops[0])
        rates = await client.fetch_rates("USD")
        self.started = time.time()
        return all(reachable), catalogue, rates
