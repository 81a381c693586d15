"""Makes every look-up of a name take its time, as a resolver far away does."""

import socket
import time

quick = socket.getaddrinfo


def slow(*args, **kwargs):
    time.sleep(0.3)
    return quick(*args, **kwargs)


socket.getaddrinfo = slow
