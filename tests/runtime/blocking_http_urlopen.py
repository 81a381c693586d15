# page: blocking-http
# before: ticks: none
# after: body: late
# after: ticks: 3 or more
# python: 3.9
import asyncio
import http.server
import threading
import time
import urllib.request

from ticker import ticks_during


class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.3)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"late")

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Slow)
threading.Thread(target=server.serve_forever, daemon=True).start()


async def work():
    url = f"http://127.0.0.1:{server.server_port}/"
    body = urllib.request.urlopen(url).read()
    print("body:", body.decode())


async def main():
    print("ticks:", await ticks_during(work()))


asyncio.run(main())
