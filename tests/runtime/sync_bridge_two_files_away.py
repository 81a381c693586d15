# page: sync-bridge
# before: Cannot run the event loop while another loop is running
# before-exit: 1
# after: [2, 3] 5 4
# modules: change
import asyncio

import report


async def main():
    summary = report.Summary([1, 2])
    print(summary.parts(), summary.total(), summary.first())


asyncio.run(main())
