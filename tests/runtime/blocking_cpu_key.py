# page: blocking-cpu
# before: ticks: none
# after: key: 32 bytes
# after: ticks: 3 or more
# python: 3.9
import asyncio
import hashlib

from ticker import ticks_during


async def work():
    key = hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1_000_000)
    print("key:", len(key), "bytes")


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
