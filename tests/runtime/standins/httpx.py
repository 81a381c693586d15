"""Stands in for httpx: a client that is closed with `aclose`, and a warning when it is not."""

import asyncio
import warnings


class HTTPError(Exception):
    pass


class Response:
    def __init__(self, url):
        self.status_code = 200
        self.text = "body of " + url


class AsyncClient:
    def __init__(self, base_url="", timeout=5):
        self.base_url = base_url
        self.is_closed = False

    async def get(self, url):
        await asyncio.sleep(0)
        if self.is_closed:
            raise RuntimeError("Cannot send a request, as the client has been closed.")
        if url.endswith("/refused"):
            raise HTTPError("connection refused")
        return Response(self.base_url + url)

    async def aclose(self):
        await asyncio.sleep(0)
        self.is_closed = True

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception):
        await self.aclose()

    def __del__(self):
        if not self.is_closed:
            warnings.warn("Unclosed httpx client", ResourceWarning, source=self)
