"""Brings an archive back: asks for its passphrase, derives the key, and reads the orders of a database of its own."""

import getpass
import hashlib
import os
import sqlite3


class Restore:
    def __init__(self, path):
        self.path = path

    async def open(self):
        if not os.path.exists(self.path):
            raise FileNotFoundError(self.path)
        passphrase = getpass.getpass("Passphrase of the archive: ")
        self.key = hashlib.scrypt(passphrase.encode(), salt=b"orders", n=2**14, r=8, p=1)

    async def orders(self):
        db = sqlite3.connect(self.path)
        rows = db.execute("SELECT body FROM orders").fetchall()
        db.close()
        return [body for (body,) in rows]

    def size(self):
        return os.path.getsize(self.path)
