# page: blocking-socket
# prefer: loop-lookup
# before: ticks: none
# after: address: 127.0.0.1 80
# after: name: 127.0.0.1 80
# after: ticks: 3 or more
import asyncio
import socket

import slow_resolver  # noqa: F401
from ticker import ticks_during


async def work():
    found = socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)[0]
    print("address:", *found[4])
    numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    print("name:", *socket.getnameinfo(("127.0.0.1", 80), numeric))


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
