"""How many requests a second the simulated one-stop shop answers, in a process of its own: `python -m benchmarks.server [DOSSIERS]`.

One client asks by id, then for pages of 500 rows, over kept connections. The simulator promises 1,000 requests a second or more.
"""

import asyncio
import json
import subprocess
import sys
import time

import aiohttp

BY_ID, PAGES, AT_ONCE = 8000, 60, 8
DETAILS = ("", "/actions", "/files", "/payment")
FIRST_ID = 100_001


def main() -> None:
    """Start the server, ask it, print what it managed."""
    dossiers = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    words = [sys.executable, "-m", "qn_pipeline.simulator.server", "--dossiers", str(dossiers), "--months", "12"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        by_id, page = asyncio.run(_measure(told, dossiers))
        server.stdin.close()
    print(f"{dossiers:,} dossiers: {by_id:,.0f} requests/s by id and for details; a page of 500 rows in {page * 1000:.1f} ms")


async def _measure(told: dict[str, str], dossiers: int) -> tuple[float, float]:
    headers = {"groupId": str(told["group_id"]), "Token": told["token"]}
    async with aiohttp.ClientSession(told["url"], headers=headers, connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
        paths = [f"/o/rest/v2/dossiers/{FIRST_ID + place % dossiers}{DETAILS[place % len(DETAILS)]}" for place in range(BY_ID)]
        await _ask(session, paths[:1])  # the first answer makes the clock's rows
        started = time.perf_counter()
        await _ask(session, paths)
        by_id = BY_ID / (time.perf_counter() - started)
        last = max(dossiers - 1000, 1)
        pages = [f"/o/rest/v2/dossiers?agency=all&start={(n * 500) % last}&end={(n * 500) % last + 500}" for n in range(PAGES)]
        started = time.perf_counter()
        await _ask(session, pages)
        return by_id, (time.perf_counter() - started) / PAGES


async def _ask(session: aiohttp.ClientSession, paths: list[str]) -> None:
    async def one(path: str) -> None:
        async with session.get(path) as answer:
            await answer.read()
            assert answer.status in (200, 403), answer.status  # 403 says that a dossier has gone, or has no fee

    await asyncio.gather(*(one(path) for path in paths))


if __name__ == "__main__":
    main()
