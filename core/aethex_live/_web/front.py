"""What every visitor sees alike: who is live, what was recorded lately; kept in memory for a moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from jinja2.runtime import Macro
from markupsafe import Markup

from aethex_live._web.cards import Cards
from aethex_live._web.views import LiveCard, RailItem, VideoCard

if TYPE_CHECKING:
    from aethex_live.models import Broadcast
    from aethex_live.platform import Platform

T = TypeVar("T")
KEPT_S = 1.0  # a count of viewers is two seconds old at most by itself; running times go on in the page
HOLE = Markup("\x00badges\x00")  # no text out of PostgreSQL holds a NUL
MOST_IN_RAIL = 12
MOST_KEPT = 5_000


class Kept(Generic[T]):
    """A value that is made anew when it was dropped or is older than `KEPT_S`."""

    def __init__(self, make: Callable[[], Awaitable[T]], now: Callable[[], float]) -> None:
        self._make = make
        self._now = now
        self.value: T | None = None
        self._until = 0.0
        self._drops = 0

    async def get(self, make: Callable[[], Awaitable[T]] | None = None) -> T:
        """The value; several who ask at once may each make it."""
        if self.value is not None and self._now() < self._until:
            return self.value
        begun, drops = self._now(), self._drops
        made = await (make or self._make)()
        if drops == self._drops:  # else something changed while it was read
            self.value, self._until = made, begun + KEPT_S
        return made

    def drop(self) -> None:
        """Make it anew for the next one who asks."""
        self._drops += 1
        self.value = None


@dataclass(slots=True)
class Batch:
    """Things that all requests of a moment share, and what was rendered of them."""

    broadcasts: Sequence[Broadcast] = ()
    cards: Sequence[LiveCard] = ()
    rail: Sequence[RailItem] = ()
    videos: Sequence[VideoCard] = ()
    html: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    shared: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        self.shared = frozenset(map(id, (*self.cards, *self.rail, *self.videos)))


class Front:
    """The live channels and the newest recordings as pages show them, the same objects for all requests of a moment.

    Dropped at every event of the log, in every process (PostgreSQL tells all that listen), and after every request
    that may have changed something here; so a creator sees at once what they did.
    """

    def __init__(self, platform: Platform) -> None:
        self.drops = 0
        self._platform = platform
        now = platform.clock.monotonic
        self._live = Kept(self._make_live, now)
        self._videos = Kept(self._make_videos, now)
        self._memory: dict[tuple[object, ...], Kept[Any]] = {}

    async def remember(self, key: tuple[object, ...], make: Callable[[], Awaitable[T]]) -> T:
        """What `make` gives, kept for a moment under `key`: for what everyone sees alike, read only."""
        kept = self._memory.get(key)
        if kept is None:
            if len(self._memory) >= MOST_KEPT:
                self._memory.clear()
            kept = self._memory[key] = Kept(make, self._platform.clock.monotonic)
        return cast("T", await kept.get(make))

    async def broadcasts(self) -> Sequence[Broadcast]:
        """The rows of everything that is live on public channels, most recently started first."""
        return (await self._live.get()).broadcasts

    async def live(self) -> Sequence[LiveCard]:
        """The cards of these, most watched first."""
        return (await self._live.get()).cards

    async def rail(self) -> Sequence[RailItem]:
        """The most watched ones, for the rail."""
        return (await self._live.get()).rail

    async def videos(self) -> Sequence[VideoCard]:
        """Cards of the newest public recordings."""
        return (await self._videos.get()).videos

    def drop(self) -> None:
        """Something has changed."""
        self.drops += 1
        self._live.drop()
        self._videos.drop()
        # requests that read at this moment keep what they read to themselves
        for kept in self._memory.values():
            kept.drop()
        self._memory.clear()

    async def _make_live(self) -> Batch:
        parts = self._platform
        broadcasts = await parts.domain.broadcasts.live()
        cards = await Cards(parts).live_cards(broadcasts)
        return Batch(broadcasts, cards, [rail_item(card) for card in cards[:MOST_IN_RAIL]])

    async def _make_videos(self) -> Batch:
        rows = await self._platform.domain.recordings.recent()
        return Batch(videos=await Cards(self._platform).video_cards(rows))

    def kept(self, macro: Macro, thing: object, badges: str | None = None) -> Markup:
        """The template function `kept`: `macro(thing)`, rendered once for all requests that share the thing.

        With `badges` the macro takes them, and they are put in anew each time.
        """
        batch = next((one for one in (self._live.value, self._videos.value) if one and id(thing) in one.shared), None)
        found = batch.html.get((macro.name, id(thing))) if batch else None
        if found is None:
            whole = macro(thing) if badges is None else macro(thing, badges=HOLE)
            head, _, tail = str(whole).partition(HOLE)
            found = (head, tail)
            if batch:
                batch.html[(macro.name, id(thing))] = found
        return Markup(f"{found[0]}{badges or ''}{found[1]}")  # noqa: S704  (a macro escapes what it is given)


def rail_item(card: LiveCard) -> RailItem:
    """A live channel in the rail."""
    return RailItem(
        name=card.channel.name,
        href=card.href,
        hue=card.channel.hue,
        avatar=card.channel.avatar,
        note=card.live.category,
        viewers=card.live.viewers,
        topic=card.live.topic,
    )
