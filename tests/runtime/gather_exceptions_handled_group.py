# page: gather-exceptions
# python: 3.11
# before: handled: ann
# before: sent: ['eve']
# after: handled: ann, bob
# after: sent: []
import asyncio
import logging

log = logging.getLogger(__name__)
told = []
sent = []


class Telling(logging.Handler):
    def emit(self, record):
        error = record.args[0]
        failures = getattr(error, "exceptions", [error])
        told.append(", ".join(sorted(failure.args[0] for failure in failures)))


log.addHandler(Telling())


async def send(user, delay):
    await asyncio.sleep(delay)
    if user != "eve":
        raise ConnectionError(user)
    sent.append(user)


async def broadcast():
    try:
        await asyncio.gather(send("ann", 0), send("bob", 0), send("eve", 0.2))
    except ConnectionError as error:
        log.warning("not told: %s", error)


async def main():
    await broadcast()
    print("handled:", told[0])
    await asyncio.sleep(0.4)
    print("sent:", sent)


asyncio.run(main())
