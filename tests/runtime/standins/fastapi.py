"""Stands in for FastAPI: routes that are awaited where they are coroutine functions, and run in a thread where not."""

import asyncio
import inspect


class FastAPI:
    def __init__(self):
        self.routes = {}

    def get(self, path):
        def register(function):
            self.routes[path] = function
            return function

        return register

    async def answer(self, path, **parameters):
        route = self.routes[path]
        if inspect.iscoroutinefunction(route):
            return await route(**parameters)
        return await asyncio.to_thread(route, **parameters)
