"""The shops' HTTP interface."""

import asyncio
import logging
import time

import aiohttp
import requests

log = logging.getLogger(__name__)

RETRIES = 3


class ShopError(Exception):
    pass


async def fetch_orders(shop, since):
    """All orders of one shop since a point in time, page by page."""
    session = aiohttp.ClientSession(headers={"Authorization": "Bearer " + shop["token"]})
    orders = []
    page = 1
    while True:
        # The shops answer 429 when we are too quick.
        async with session.get(shop["url"] + "/orders", params={"since": since, "page": page}) as response:
            if response.status == 429:
                time.sleep(int(response.headers.get("Retry-After", 1)))
                continue
            body = await response.json()
        orders.extend(body["orders"])
        if not body.get("more"):
            break
        page += 1
    return orders


async def ping(shop):
    session = aiohttp.ClientSession()
    try:
        response = await session.get(shop["url"] + "/ping")
        return response.status == 200
    except aiohttp.ClientError:
        return False
    finally:
        await session.close()


async def fetch_rates(currency):
    """Exchange rates; this provider only ever had a synchronous client."""
    for attempt in range(RETRIES):
        try:
            answer = requests.get("https://rates.example.com/latest", params={"base": currency}, timeout=10)
            return answer.json()["rates"]
        except requests.RequestException as error:
            log.warning("rates, attempt %d: %s", attempt + 1, error)
            time.sleep(2 ** attempt)  # back off
    raise ShopError("no rates for %s" % currency)


async def fetch_catalogue(shop):
    loop = asyncio.get_event_loop()
    # The supplier's SDK is synchronous, so it goes to a thread.
    answer = await loop.run_in_executor(None, requests.get, shop["url"] + "/catalogue")
    return answer.json()


class ShopClient:
    """A client that is kept for the life of the service and closed with it."""

    def __init__(self, shop, loop=None):
        self.shop = shop
        self._session = aiohttp.ClientSession(loop=loop)

    async def confirm(self, order_id):
        async with self._session.post(self.shop["url"] + "/confirm", json={"id": order_id}) as response:
            return response.status

    async def stock(self, item):
        async with self._session.get(self.shop["url"] + "/stock/" + item) as response:
            return await response.json()

    async def stock_of(self, items):
        counts = []
        for item in items:
            counts.append(await self.stock(item))
        return counts

    async def surplus(self, item, other):
        left = await self.stock(item)
        right = await self.stock(other)
        return left["count"] - right["count"]

    async def close(self):
        await self._session.close()
