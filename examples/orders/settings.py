"""Settings from the environment, and the file of shops."""

import json
import os

ROOMS_FILE = os.environ.get("ORDERS_ROOMS", "rooms.json")
SHOPS_FILE = os.environ.get("ORDERS_SHOPS", "shops.json")
DATABASE = os.environ.get("ORDERS_DB", "orders.sqlite3")
WAREHOUSE_URL = os.environ.get("ORDERS_WAREHOUSE", "http://warehouse.internal:8080")
CHAT_HOOK = os.environ.get("ORDERS_CHAT_HOOK", "")
POLL_SECONDS = float(os.environ.get("ORDERS_POLL_SECONDS", "30"))


async def load_shops(path=SHOPS_FILE):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def room_for(subject):
    return _rooms().get(subject, "orders")


def _rooms():
    with open(ROOMS_FILE, encoding="utf-8") as f:
        return json.load(f)
