"""A streaming server in a process of its own, to be killed: `python server_process.py FOLDER`; says its port."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from stream_kit import KeyGate, MemoryJournal, new_id

from aethex_plugins.stream_local.broadcast import HubSettings
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.ports import LoopTime
from aethex_plugins.stream_local.rtmp_server import RtmpServer


async def main(folder: Path) -> None:
    hub = Hub(HubSettings(media=folder, disk_floor=0), KeyGate(), MemoryJournal(), LoopTime(), new_id)
    server = RtmpServer(hub.open, LoopTime())
    await hub.start()
    await server.start("127.0.0.1", 0)
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
