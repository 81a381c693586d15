"""A mailbox that holds its readers weakly, as asyncio's own StreamReaderProtocol does.

A task that reads from it is reachable only through whoever kept the task.
"""

import asyncio
import gc
import weakref

_readers = weakref.WeakSet()


async def receive():
    """Waits for the next letter."""
    reader = asyncio.get_running_loop().create_future()
    _readers.add(reader)
    return await reader


async def deliver(letter):
    """Lets new tasks begin, collects garbage as the interpreter may at any time, and hands the letter to each reader."""
    await asyncio.sleep(0)
    gc.collect()
    for reader in list(_readers):
        if not reader.done():
            reader.set_result(letter)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
