# page: blocking-socket
# before: ticks: none
# after: received: late
# after: ticks: 3 or more
# python: 3.9
import asyncio
import socket
import threading

from ticker import ticks_during


async def read(sock: socket.socket):
    return sock.recv(16)


async def work():
    ours, theirs = socket.socketpair()
    threading.Timer(0.3, theirs.sendall, [b"late"]).start()
    print("received:", (await read(ours)).decode())
    ours.close()
    theirs.close()


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
