# page: blocking-process
# prefer: async-process
# before: ticks: none
# after: code: 3 'out\n' 'err\n'
# after: shell: 4
# after: output: b'WORDS'
# after: failure: 5 'said'
# after: late: True
# after: gone: FileNotFoundError
# after: ticks: 3 or more
import asyncio
import subprocess
import sys

from ticker import ticks_during


async def work():
    code = "import sys, time; print('out'); time.sleep(0.3); print('err', file=sys.stderr); sys.exit(3)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    print("code:", done.returncode, repr(done.stdout), repr(done.stderr))
    print("shell:", subprocess.run("exit 4", shell=True).returncode)
    shout = "import sys; sys.stdout.write(sys.stdin.read().upper())"
    print("output:", subprocess.run([sys.executable, "-c", shout], input=b"words", stdout=subprocess.PIPE).stdout)
    try:
        subprocess.check_output([sys.executable, "-c", "print('said', end=''); exit(5)"], text=True)
    except subprocess.CalledProcessError as error:
        print("failure:", error.returncode, repr(error.output))
    try:
        subprocess.call([sys.executable, "-c", "import time; time.sleep(9)"], timeout=0.1)
    except subprocess.TimeoutExpired as error:
        print("late:", error.timeout == 0.1)
    try:
        subprocess.check_call(["no-such-program"])
    except FileNotFoundError as error:
        print("gone:", type(error).__name__)


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
