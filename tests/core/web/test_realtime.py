"""Realtime of a whole site: polling where pages are served, with the visitor's session and the operator's limits."""

import asyncio
import socket

import aiohttp

from aethex_live.app import create_app
from aethex_live.server import http_server
from sites import OpenSite


async def test_the_site_takes_polling_and_pages_on_one_port(open_site: OpenSite) -> None:
    # Given
    site = await open_site(realtime={"max_connections_per_address": 1})
    app = create_app(site.platform)
    server = http_server(site.platform, app)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    serving = asyncio.create_task(server._serve(sockets=[listener]))
    poll = f"{url}/socket.io/?EIO=4&transport=polling"
    try:
        async with asyncio.timeout(10), aiohttp.ClientSession() as http:
            while not server.started:
                await asyncio.sleep(0.01)
            # When
            async with http.get(poll) as answer:
                opened = await answer.text()
            sid = opened.partition('"sid":"')[2].partition('"')[0]
            async with http.post(f"{poll}&sid={sid}", data="40") as answer:
                assert await answer.text() == "ok"
            async with http.get(f"{poll}&sid={sid}") as answer:
                # Then
                assert (await answer.text()).startswith('40{"sid"')
            async with http.get(poll) as answer:
                assert answer.status == 429
            async with http.get(f"{url}/nothing/here") as answer:
                assert answer.status == 404
            async with http.post(f"{poll}&sid={sid}", data="1") as answer:
                assert answer.status == 200
        assert site.platform.realtime.connections() == 0
    finally:
        server.should_exit = True
        await asyncio.wait_for(serving, 15)
