"""Hands stored orders to the warehouse and to accounting."""

import asyncio
import logging

from .notifications import post_chat

log = logging.getLogger(__name__)


class Dispatcher:
    def __init__(self, warehouse, ledger):
        self.warehouse = warehouse
        self.ledger = ledger
        self.task = None

    def start(self, orders):
        self.task = asyncio.create_task(self.run(orders))

    async def run(self, orders):
        while True:
            try:
                await self.dispatch(await orders.get())
            except asyncio.CancelledError:
                log.info("dispatching ends")

    def keep_stock(self, stock):
        self._stock = asyncio.create_task(self.count(stock))

    async def count(self, stock):
        while True:
            await self.warehouse.count(stock)
            await asyncio.sleep(3600)

    async def dispatch(self, order):
        await asyncio.gather(self.warehouse.reserve(order), self.ledger.book(order))

    async def announce(self, orders):
        await asyncio.gather(*(post_chat("sent %s" % order["id"]) for order in orders), return_exceptions=True)

    async def stop(self):
        self.task.cancel()
        try:
            await self.task
        except asyncio.CancelledError:
            log.info("dispatching has ended")

    async def reprint(self, printer, order):
        async with asyncio.TaskGroup() as group:
            group.create_task(printer.label(order))
