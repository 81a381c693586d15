# page: starving-loop
# before: turns: 0
# after: lit: 2500
# after: turns: 3 or more
import asyncio


class Scene:
    lit = 0

    def trace(self, x, y):
        self.lit += (x + y) % 2 == 0


async def render(scene, width, height):
    for y in range(height):
        for x in range(width):
            scene.trace(x, y)
        if y < 0:
            continue


async def main():
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    await asyncio.sleep(0)
    turns = 0
    scene = Scene()
    await render(scene, 50, 100)
    print("lit:", scene.lit)
    print("turns:", "3 or more" if turns >= 3 else turns)
    counting.cancel()


asyncio.run(main())
