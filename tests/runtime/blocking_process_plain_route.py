# page: blocking-process
# prefer: plain-route
# before: ticks: none
# after: code: 3
# after: ticks: 3 or more
# python: 3.9
import asyncio
import subprocess
import sys

from fastapi import FastAPI

from ticker import ticks_during

app = FastAPI()


@app.get("/build")
async def build(code: str):
    return subprocess.run([sys.executable, "-c", code], check=False).returncode


async def work():
    print("code:", await app.answer("/build", code="import sys, time; time.sleep(0.3); sys.exit(3)"))


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
