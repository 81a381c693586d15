"""Totals in the currency of the house."""

import asyncio

from .client import fetch_rates

_rates = {}


async def refresh(currency):
    _rates[currency] = await fetch_rates(currency)


def rate(currency):
    if currency not in _rates:
        asyncio.get_event_loop().run_until_complete(refresh(currency))
    return _rates[currency]["EUR"]


async def price(order):
    loop = asyncio.get_event_loop()
    if order["currency"] not in _rates:
        loop.run_until_complete(refresh(order["currency"]))
    total = 0
    for line in order["lines"]:
        total += line["price"] * line["quantity"]
    order["total"] = total * _rates[order["currency"]]["EUR"]
    return order


async def price_all(orders):
    priced = []
    for order in orders:
        priced.append(await price(order))
    return priced


async def quote(lines, currency):
    return asyncio.run(price({"lines": lines, "currency": currency}))["total"]


async def is_free(order):
    return price(order)["total"] == 0


async def _discounted(order, discount):
    return round((await price(order))["total"] - discount, 2)


async def due(order, discount=0):
    return _discounted(order, discount)


async def due_in_all(orders):
    total = 0
    for order in orders:
        total += await due(order)
    return total


async def worth(amount, currency):
    return amount * rate(currency)
