"""Stands in for aiohttp: as much of a session as the programs use, and its warning when nobody closes it."""

import asyncio
import warnings


class ClientError(Exception):
    pass


class ClientResponse:
    def __init__(self, url):
        self.url = url
        self.status = 200

    async def text(self):
        await asyncio.sleep(0)
        return "body of " + self.url

    async def json(self):
        await asyncio.sleep(0)
        return {"url": self.url}


class _Request:
    """Can be awaited and entered, as aiohttp's can."""

    def __init__(self, session, url):
        self.session = session
        self.url = url

    async def _send(self):
        await asyncio.sleep(0)
        if self.session.closed:
            raise RuntimeError("Session is closed")
        if self.url.endswith("/refused"):
            raise ClientError("connection refused")
        return ClientResponse(self.url)

    def __await__(self):
        return self._send().__await__()

    async def __aenter__(self):
        return await self._send()

    async def __aexit__(self, *exception):
        await asyncio.sleep(0)


class ClientSession:
    def __init__(self, base="", headers=None):
        self.base = base
        self.headers = headers or {}
        self.closed = False

    def get(self, url):
        return _Request(self, self.base + url)

    post = get

    async def close(self):
        await asyncio.sleep(0)
        self.closed = True

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception):
        await self.close()

    def __del__(self):
        if not self.closed:
            warnings.warn("Unclosed client session", ResourceWarning, source=self)
