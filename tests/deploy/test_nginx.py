"""The proxy's configuration of the docs: nginx takes it, and a whole site works behind it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from deploy_support import FILES, checked, nginx_conf, run_nginx

from aethex_live.realtime.limits import Doorkeeper
from encoders import Encoder
from sites import PASSWORD, Browser, LiveSite, OpenSite, free_port


def test_nginx_takes_the_file_of_the_docs(tmp_path: Path) -> None:
    run = checked(nginx_conf(tmp_path, tls=free_port(), web=[8000, 8001], ingest=8100))
    assert (run.returncode, run.stderr) == (0, "")


def test_nginx_refuses_a_broken_file(tmp_path: Path) -> None:
    conf = nginx_conf(tmp_path, tls=free_port(), web=[8000], ingest=8100)
    conf.write_text(conf.read_text().replace("proxy_cache_lock on;", "proxy_cache_lok on;"))
    assert checked(conf).returncode != 0


def test_visitors_cannot_say_who_they_are() -> None:
    text = (FILES / "nginx.conf").read_text()
    assert re.search(r"proxy_set_header X-Forwarded-For +\$remote_addr;", text)
    # a location that sets one header loses all that are set outside of it
    server = text[text.rindex("server {") :]
    assert "proxy_set_header" not in "".join(re.findall(r"^    location [^{]+\{[^}]*\}", server, re.MULTILINE))


class Proxied:
    """A site behind nginx: what a browser sees."""

    def __init__(self, site: LiveSite, url: str, session: aiohttp.ClientSession) -> None:
        self.site, self.url, self.session = site, url, session
        self.browser = Browser(url, session)


@pytest_asyncio.fixture
async def proxied(open_site: OpenSite, tmp_path: Path) -> AsyncIterator[Proxied]:
    tls, folder = free_port(), tmp_path / "nginx"
    folder.mkdir()
    site = await open_site(url=f"https://localhost:{tls}", trusted_proxies=("127.0.0.1",))
    port = site.platform.site.port
    conf = nginx_conf(folder, tls=tls, web=[port], ingest=port)
    conf.write_text(conf.read_text().replace("Host              $host;", "Host              $http_host;"))
    process = await run_nginx(conf, tls)
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False), timeout=timeout) as session:
        yield Proxied(site, f"https://localhost:{tls}/", session)
    process.terminate()
    async with asyncio.timeout(10):
        await process.wait()
    errors = (folder / "error.log").read_text()
    assert not re.search(r"\[(emerg|alert|crit)\]", errors), errors


async def test_people_sign_in_and_read_pages(proxied: Proxied) -> None:
    # Given an account that was made behind the proxy
    await proxied.browser.sign_up("nova")
    # Then its cookie is the secure one, and it counts on the next page
    names = {cookie.key for cookie in proxied.session.cookie_jar}
    assert "__Host-aethex" in names
    assert "nova" in (await proxied.browser.get("settings")).text
    # and a second visitor signs in with the password
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as other:
        answer = await Browser(proxied.url, other).submit("sign-in", username="nova", password=PASSWORD)
        assert answer.status == 200


async def test_what_a_visitor_claims_about_its_address_does_not_count(
    proxied: Proxied, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aethex_live._web.layers import RequestLog

    seen: list[str] = []
    really = RequestLog._address

    def watched(self: RequestLog, scope: object) -> str:
        seen.append(really(self, scope))  # type: ignore[arg-type]  # handed through
        return seen[-1]

    monkeypatch.setattr(RequestLog, "_address", watched)
    async with visitor_at("127.0.0.9") as session:
        await Browser(proxied.url, session).get("", headers={"X-Forwarded-For": "198.51.100.7"})
    assert seen == ["127.0.0.9"]


async def test_each_visitors_sockets_count_by_their_own_address(
    proxied: Proxied, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    really = Doorkeeper.enter
    monkeypatch.setattr(
        Doorkeeper, "enter", lambda self, address, now: (counted.append(address), really(self, address, now))
    )
    socket = proxied.url.replace("https", "wss") + "socket.io/?EIO=4&transport=websocket"
    for address in ("127.0.0.9", "127.0.0.10"):
        async with (
            visitor_at(address) as session,
            session.ws_connect(
                socket, origin=proxied.url.rstrip("/"), headers={"X-Forwarded-For": "198.51.100.7"}
            ) as one,
        ):
            assert (await one.receive_str(timeout=5)).startswith("0{")
    assert counted == ["127.0.0.9", "127.0.0.10"]


async def test_polling_stays_with_one_process_and_new_websockets_go_to_all(tmp_path: Path) -> None:
    # Given two processes behind nginx that say which one they are
    ports = [free_port(), free_port()]
    async with contextlib.AsyncExitStack() as closing:
        for port in ports:
            server = await asyncio.start_server(partial(say, str(port)), "127.0.0.1", port)
            closing.callback(server.close)
        tls = free_port()
        process = await run_nginx(nginx_conf(tmp_path, tls=tls, web=ports, ingest=ports[0]), tls)
        closing.callback(process.terminate)

        async def asked(address: str, query: str, **headers: str) -> str:
            async with visitor_at(address) as session:
                url = f"https://localhost:{tls}/socket.io/?EIO=4&{query}"
                async with session.get(url, headers=headers) as answer:
                    return await answer.text()

        # Then a visitor's polling, and the websocket that takes over from it, come to one and the same
        for number in range(2, 22):
            address = f"127.0.0.{number}"
            found = {await asked(address, f"transport=polling&sid={sid}") for sid in ("", "a", "b")}
            found.add(await asked(address, "transport=websocket&sid=a", Connection="Upgrade", Upgrade="websocket"))
            assert len(found) == 1, address
        # and visitors are spread, those with new websockets by who has least to do
        assert {await asked(f"127.0.0.{number}", "transport=polling") for number in range(2, 40)} == set(
            map(str, ports)
        )
        new = [
            await asked("127.0.0.9", "transport=websocket", Connection="Upgrade", Upgrade="websocket") for _ in "1234"
        ]
        assert set(new) == set(map(str, ports))


async def say(name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request with the name."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(name)}\r\n\r\n{name}".encode())
    await writer.drain()
    writer.close()


def visitor_at(address: str) -> aiohttp.ClientSession:
    """A browser at an address of its own."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False, local_addr=(address, 0)))


async def test_static_files_are_kept_by_browser_and_proxy(proxied: Proxied) -> None:
    page = (await proxied.browser.get("")).text
    path = re.findall(r'href="(/static/[^"]+\.css)"', page)[0]
    answer = await proxied.browser.get(path)
    assert "immutable" in answer.headers["Cache-Control"]


async def test_metrics_are_for_this_machine(proxied: Proxied) -> None:
    assert (await proxied.browser.get("metrics")).status == 200


async def test_a_socket_opens_and_hears(proxied: Proxied) -> None:
    address = proxied.url.replace("https", "wss") + "socket.io/?EIO=4&transport=websocket"
    async with proxied.session.ws_connect(address, origin=proxied.url.rstrip("/")) as socket:
        assert (await socket.receive_str(timeout=5)).startswith("0{")
        await socket.send_str("40")
        assert (await socket.receive_str(timeout=5)).startswith("40")


@pytest.mark.slow
async def test_a_stream_plays_and_its_playlist_waits_for_the_next_part(
    proxied: Proxied, go_live: Callable[[str, str], Awaitable[Encoder]]
) -> None:
    # Given a stream, seen behind the proxy
    await proxied.browser.sign_up("nova")
    origin = {"Origin": proxied.url.rstrip("/")}
    await proxied.browser.ask("POST", "api/v1/channels", json={"slug": "nova", "name": "Nova"}, headers=origin)
    shown = await proxied.browser.ask("POST", "api/v1/channels/nova/ingest/key", json={}, headers=origin)
    encoder = await go_live(shown.json()["server"], shown.json()["key"])
    source = await playing(proxied, "nova")
    playlist = await proxied.browser.get(source)
    assert playlist.headers["Cache-Control"] == "no-store"
    # When a player asks for a part that is not there yet
    msn = max(int(name) for name in re.findall(r"^(?:.*/)?(\d+)\.m4s", playlist.text, re.MULTILINE)) + 1
    begun = asyncio.get_running_loop().time()
    blocked = await proxied.browser.get(f"{source}?_HLS_msn={msn}&_HLS_part=0")
    # Then the answer comes when it is, and has it
    assert blocked.status == 200
    assert 0.05 < asyncio.get_running_loop().time() - begun < 8
    assert f"{msn}.0.m4s" in blocked.text
    # and a segment is kept for ever, whole and in part
    segment = source.rsplit("/", 1)[0] + f"/{msn - 1}.m4s"
    whole = await bytes_of(proxied, segment)
    assert "immutable" in whole[1]["Cache-Control"]
    part = await bytes_of(proxied, segment, Range="bytes=100-199")
    assert (part[0], part[2]) == (206, whole[2][100:200])
    # and the recording answers ranges too
    await encoder.stop()
    await proxied.browser.ask("POST", "api/v1/channels/nova/broadcast/end", json={}, headers=origin)
    recording = await recorded(proxied, "nova")
    playlist_text = (await proxied.browser.get(recording)).text
    name = re.findall(r"^[^#\n]*\.m4s", playlist_text, re.MULTILINE)[0]
    part = await bytes_of(proxied, recording.rsplit("/", 1)[0] + f"/{name.rsplit('/', 1)[-1]}", Range="bytes=0-9")
    assert (part[0], len(part[2])) == (206, 10)


async def bytes_of(proxied: Proxied, path: str, **headers: str) -> tuple[int, aiohttp.typedefs.LooseHeaders, bytes]:
    async with proxied.session.get(
        path if "://" in path else proxied.url + path.lstrip("/"), headers=headers
    ) as answer:
        return answer.status, answer.headers, await answer.read()


async def playing(proxied: Proxied, slug: str) -> str:
    """The address of the live playlist, once there is a second of it."""
    async with asyncio.timeout(20):
        while True:
            found = await proxied.browser.get(f"api/v1/channels/{slug}/broadcast")
            sources = found.json().get("sources") if found.status == 200 and found.json() else None
            if sources and (await proxied.browser.get(sources[0]["url"])).text.count(".m4s") > 3:
                return str(sources[0]["url"])
            await asyncio.sleep(0.1)


async def recorded(proxied: Proxied, slug: str) -> str:
    """The address of the recording, once it is there."""
    async with asyncio.timeout(20):
        while True:
            videos = (await proxied.browser.get(f"api/v1/channels/{slug}/videos")).json()["items"]
            if videos:
                one = (await proxied.browser.get(f"api/v1/videos/{videos[0]['id']}")).json()
                if one.get("sources"):
                    return str(one["sources"][0]["url"])
            await asyncio.sleep(0.1)
