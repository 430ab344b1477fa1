"""A bot that answers !hello. It lives by its token alone.

AETHEX_TOKEN=aex_... python hello_bot.py https://live.example nova
"""

import asyncio
import os
import sys
from typing import Any

from chat import Chat


async def main(site: str, slug: str) -> None:
    """Answer until somebody stops it."""
    token = os.environ.get("AETHEX_TOKEN")
    if not token:
        raise SystemExit("Make a bot and a token for it in your account settings, then set AETHEX_TOKEN to it.")
    answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def line(data: dict[str, Any], _seq: int) -> None:
        if not data["author"].get("bot") and data["text"].strip() == "!hello":  # bots that answer bots never end
            answers.put_nowait(data)

    def told(words: str) -> None:
        print(words, file=sys.stderr, flush=True)  # noqa: T201 - its log

    chat = await Chat.open(site, slug, line, status=told, token=token)
    while True:
        asked = await answers.get()
        try:
            # derived from the question, so that it is answered once even when two of us run
            await chat.write(f"Hello, {asked['author']['name']}!", reply_to=asked["id"], client_id=asked["id"])
        except RuntimeError as refused:
            told(str(refused))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
