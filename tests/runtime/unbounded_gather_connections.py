# page: unbounded-gather
# before: at most 40 connections at once
# after: at most 10 connections at once
# after: answers in order
import asyncio

open_now = 0
most = 0


async def serve(reader, writer):
    global open_now, most
    open_now += 1
    most = max(most, open_now)
    question = await reader.readline()
    # Until all that may ask have asked.
    for _ in range(200):
        await asyncio.sleep(0)
    writer.write(question)
    await writer.drain()
    open_now -= 1
    writer.close()


async def ask(port, number):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"%d\n" % number)
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(answer)


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    numbers = range(40)
    answers = await asyncio.gather(*[ask(port, number) for number in numbers])
    server.close()
    print(f"at most {most} connections at once")
    print("answers in order" if answers == list(numbers) else answers)


asyncio.run(main())
