# page: blocking-process
# before: ticks: none
# after: code: 3
# after: ticks: 3 or more
# python: 3.9
import asyncio
import subprocess
import sys

from ticker import ticks_during


async def work():
    code = "import sys, time; time.sleep(0.3); sys.exit(3)"
    print("code:", subprocess.run([sys.executable, "-c", code], check=False).returncode)


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
