"""The example plugins of docs/examples, copied into a site's own folder and used by people."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from aethex_live.clock import SystemClock
from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Event
from sites import LiveSite, OpenSite

sys.path.insert(0, str(Path(__file__).parent))

from test_sockets import socket_of

EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "examples"


def copy_examples(folder: Path, *, without: tuple[str, ...] = ()) -> Path:
    """The examples beside an aethex.toml; returns the file."""
    ignored = shutil.ignore_patterns("__pycache__", *without)
    shutil.copytree(EXAMPLES / "plugins", folder / "plugins", ignore=ignored)
    text = (EXAMPLES / "aethex.toml").read_text() if "applause" not in without else ""
    config = folder / "aethex.toml"
    config.write_text(text + '\n[providers]\nstreaming = "none"\n')
    return config


async def go_live(site: LiveSite, slug: str) -> Broadcast:
    """The channel is on, as a streaming provider would tell."""
    site.platform.db.bind()
    channel = await site.platform.domain.channels.by_slug(slug)
    number = uuid7()
    return await Broadcast.create(
        id=number,
        channel_id=channel.id,
        provider="local",
        provider_id=str(number),
        title="The show",
        started_at=SystemClock().now(),
        playback={},
    )


async def test_people_use_the_example_plugins_of_a_site(open_site: OpenSite, tmp_path: Path) -> None:
    # Given a site with both examples, and a channel that is live
    site = await open_site(config_file=copy_examples(tmp_path))
    rows = {row.name: row for row in site.platform.plugins.rows()}
    assert [rows[name].state for name in ("applause", "encore")] == ["running"] * 2, rows["applause"].reason
    viewer = await site.member("ada")
    user = await site.platform.domain.accounts.get("ada")
    await site.platform.domain.channels.create(user.id, "nova", "Nova")
    broadcast = await go_live(site, "nova")
    # When somebody claps by the form, and again over the socket
    watch = await viewer.get("/nova/live")
    assert "Bravo" in watch.text
    module = re.search(r'src="(/static/p/applause/[^"]+clap[^"]*\.js)"', watch.text)
    assert module is not None
    assert (await viewer.get(module.group(1))).status == 200
    clapped = await viewer.submit("/p/applause/nova", page="/nova/live", broadcast=str(broadcast.id))
    assert clapped.url.endswith("/nova/live")
    async with socket_of(site, viewer) as socket:
        joined = await socket.call("subscribe", {"topic": f"applause:{broadcast.id}"}, timeout=10)
        answer = await socket.call("applause.clap", {"broadcast": str(broadcast.id)}, timeout=10)
    # Then both count, on the plugin's page, and by its service on the home page
    assert joined["ok"]
    assert answer["count"] == 2
    assert re.search(r"The show</span><b>2</b>", (await viewer.get("/p/applause/nova")).text)
    assert "Most applause: The show, with 2 claps" in (await viewer.get("/")).text
    # And a guest claps for nothing
    async with socket_of(site, None) as guest:
        refused = await guest.call("applause.clap", {"broadcast": str(broadcast.id)}, timeout=10)
    assert refused["ok"] is False
    # When the broadcast ends
    site.platform.db.bind()
    await site.platform.domain.broadcasts.ended(broadcast.id, reason="unpublish", ended_at=SystemClock().now())
    await site.platform.dispatcher.settle()
    # Then the hook has written the total into the log
    counted = await Event.get(type="applause.counted")
    assert counted.payload == {"broadcast_id": str(broadcast.id), "claps": 2}


async def test_a_plugin_does_without_the_service_of_one_that_is_not_there(open_site: OpenSite, tmp_path: Path) -> None:
    site = await open_site(config_file=copy_examples(tmp_path, without=("applause",)))
    visitor = await site.browser()
    answer = await visitor.get("/")
    assert answer.status == 200
    assert "Most applause" not in answer.text
    row = next(row for row in site.platform.plugins.rows() if row.name == "encore")
    assert (row.state, row.last_failure) == ("running", "")


async def test_a_plugin_that_is_off_is_not_even_imported(open_site: OpenSite, tmp_path: Path) -> None:
    # Given a plugin that would leave a trace when it is imported, and is off
    config = copy_examples(tmp_path)
    trace = tmp_path / "imported"
    code = tmp_path / "plugins" / "applause" / "__init__.py"
    text = code.read_text().replace(
        "from __future__ import annotations\n",
        f"from __future__ import annotations\nimport pathlib\npathlib.Path({str(trace)!r}).touch()\n",
    )
    code.write_text(text)
    config.write_text('disable = ["applause"]\n' + config.read_text())
    # When the site starts
    site = await open_site(config_file=config)
    # Then there is no trace, and its addresses are not there
    assert not trace.exists()
    assert next(row for row in site.platform.plugins.rows() if row.name == "applause").state == "off"
    assert (await (await site.browser()).get("/p/applause/nova")).status == 404
