"""sitemap.xml: an index and pages of it, with public channels and public videos only; and robots.txt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from . import xml

if TYPE_CHECKING:
    from aethex_live.db import Database

PAGE = 5000  # addresses; a sitemap may have 50,000
SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
PRIVATE = ("admin", "api", "p", "settings", "setup", "studio", "webhooks")
Kind = Literal["channels", "videos"]

# a channel changes for searchers when it begins or ends a broadcast
_CHANNELS = """
select c.id, '/' || c.slug as path,
       greatest(c.created_at, (select max(coalesce(b.ended_at, b.started_at)) from core_broadcast b
                               where b.channel_id = c.id and not b.rehearsal)) as at
from core_channel c join core_user u on u.id = c.owner_id
where c.visibility = 'public' and c.delete_at is null and u.state = 'active'
"""
_VIDEOS = """
select r.id, '/videos/' || r.id as path, r.created_at as at
from core_recording r join core_channel c on c.id = r.channel_id join core_user u on u.id = c.owner_id
left join core_broadcast b on b.id = r.broadcast_id
where r.state = 'ready' and r.visibility = 'public'
  and c.visibility = 'public' and c.delete_at is null and u.state = 'active'
  and not coalesce(b.rehearsal, false)
"""
_SETS: dict[Kind, str] = {"channels": _CHANNELS, "videos": _VIDEOS}
_PAGES = """
select number, max(at) as at
from (select at, (row_number() over (order by id) - 1) / $1::bigint + 1 as number from ({rows}) found) numbered
group by number order by number
"""
_ONE_PAGE = "select path, at from ({rows}) found order by id limit $1 offset $2"


class Sitemap:
    """Lists what is public, from the database."""

    def __init__(self, db: Database, site_url: str, *, page: int = PAGE) -> None:
        self._db = db
        self._url = site_url
        self._page = page

    async def index(self) -> bytes:
        """The index of all pages, each with the time of its newest entry."""
        root = xml.element("sitemapindex", xmlns=SPACE)
        for kind, rows in _SETS.items():
            for row in await self._db.fetch(_PAGES.format(rows=rows), [self._page]):
                entry = xml.add(root, "sitemap")
                xml.add(entry, "loc", f"{self._url}/sitemap/{kind}-{row['number']}.xml")
                xml.add(entry, "lastmod", _stamp(row["at"]))
        return xml.document(root)

    async def page(self, kind: Kind, number: int) -> bytes | None:
        """A page of the list, counted from 1; None behind the last."""
        rows = await self._db.fetch(_ONE_PAGE.format(rows=_SETS[kind]), [self._page, (number - 1) * self._page])
        if not rows:
            return None
        root = xml.element("urlset", xmlns=SPACE)
        for row in rows:
            for path in (row["path"], f"{row['path']}/live") if kind == "channels" else (row["path"],):
                entry = xml.add(root, "url")
                xml.add(entry, "loc", f"{self._url}{path}")
                xml.add(entry, "lastmod", _stamp(row["at"]))
        return xml.document(root)


def robots(site_url: str, *, index: bool) -> bytes:
    """robots.txt: what crawlers leave out, and where the sitemap is."""
    if not index:
        return b"User-agent: *\nDisallow: /\n"
    # with "$" and "/", because "/studio" alone would also mean a channel called studio-nine
    lines = [f"Disallow: /{first}{end}" for first in PRIVATE for end in ("$", "/")]
    return "\n".join(["User-agent: *", *lines, "", f"Sitemap: {site_url}/sitemap.xml", ""]).encode()


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
