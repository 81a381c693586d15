# page: unclosed-session
# before: the server still waits
# after: answer: HELLO
# after: refused
# after: the server saw the end
import asyncio


async def ask(port, question):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(question + b"\n")
    answer = (await reader.readline()).strip()
    if answer == b"NO":
        raise ValueError("refused")
    print("answer:", answer.decode())
    writer.close()
    await writer.wait_closed()


async def main():
    ended = asyncio.Queue()

    async def answer(reader, writer):
        question = (await reader.readline()).strip()
        writer.write(b"NO\n" if question == b"no" else question.upper() + b"\n")
        await reader.read()
        ended.put_nowait(question)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await ask(port, b"hello")
    await ended.get()
    error = None
    try:
        await ask(port, b"no")
    except ValueError as caught:
        # Its traceback keeps the frame, and the frame the writer.
        error = caught
        print(error)
    try:
        await asyncio.wait_for(ended.get(), 0.3)
        print("the server saw the end")
    except asyncio.TimeoutError:
        print("the server still waits")
    server.close()
    return error


asyncio.run(main())
