"""Tells people and the warehouse about orders."""

import asyncio
import logging
import smtplib
import time as clock

import aiohttp

from . import settings

log = logging.getLogger(__name__)


async def post_chat(text):
    session = aiohttp.ClientSession()
    response = await session.post(settings.CHAT_HOOK, json={"text": text})
    if response.status != 200:
        log.warning("""the chat said %s
    to: %s""", response.status, text)
    await session.close()


async def send_mail(address, subject):
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("orders@example.com", address, "Subject: %s\n\n" % subject)


class Notifier:
    def __init__(self):
        self.sent = 0
        self.urgent = asyncio.Queue()

    async def order_saved(self, order):
        self.sent += 1
        # Nobody waits for the chat.
        asyncio.ensure_future(post_chat("order %s" % order["id"]))
        if order["total"] > 1000:
            asyncio.get_event_loop().create_task(self.escalate(order))

    async def escalate(self, order):
        clock.sleep(1)  # let the order settle
        self.urgent.put(order)
        room = settings.room_for("sales")
        send_mail("%s@example.com" % room, "Large order %s" % order["id"])

    async def failed(self, shop, error):
        task = asyncio.create_task(post_chat("%s failed: %s" % (shop["name"], error)))
        task.add_done_callback(lambda done: log.debug("told the chat"))
        self.sent += 1

    def bulletin(self, orders):
        """Called from the command line, without a loop."""
        asyncio.run(post_chat("%d orders today" % len(orders)))
