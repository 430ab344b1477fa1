"""The chat of all channels: what pages, the API and sockets call; every rule stands below here."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.domain.rights import Right
from aethex_live.errors import Forbidden, NotFound
from aethex_live.realtime import Message, Position

from . import lines, records, sequence
from .acts import Acts, Ledger
from .announcements import Announcements
from .appeals import Appeals
from .barriers import Asked, Barrier, Barriers
from .batches import Batches, Stored
from .blocks import Blocks
from .chat_commands import ChatCommands
from .clearing import Clearing
from .command_acts import Answered, CommandLine
from .commands import is_command, unescaped
from .delays import Delays, for_viewers, told_of
from .docks import Docks, as_allowed
from .emote_book import EmoteBook
from .emotes import Emotes
from .entitled import Entitled
from .held import Held
from .history import History
from .lines import NEWEST, Entry
from .mode_acts import ModeActs
from .moderation import Moderation
from .modes import OPEN, Modes, modes_of
from .notes import Notes
from .own_commands import OwnCommands
from .person_commands import PersonCommands
from .pins import Pin, Pins
from .preferences import USUAL, Look, Looks
from .rules import Rules
from .sending import Sender
from .shield import Shield, ShieldActs, shield_of
from .standing import Standing, require_moderator, standings
from .standing_out import StandingOut
from .warning_acts import OpenWarning, Warnings, open_warning
from .writing import LineWriter

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor
    from aethex_live.db import Database
    from aethex_live.domain.people import Person

    from .commands import Command
    from .settings import ChatSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A chat as somebody enters it: the last lines, where the topic stands, what they are here."""

    channel_id: UUID
    entries: list[Entry]
    place: sequence.Place
    me: Standing | None
    modes: Modes = OPEN
    held: int = 0
    notes: list[str] = field(default_factory=list)
    barrier: Barrier | None = None
    pin: Pin | None = None
    rules: bool = False
    warning: OpenWarning | None = None
    shield: Shield = field(default_factory=Shield)
    appeals: int = 0
    blocked: frozenset[UUID] = frozenset()
    look: Look = USUAL

    @property
    def moderator(self) -> bool:
        """Whether who enters moderates here."""
        return self.me is not None and self.me.moderates


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is shown of a person who wrote; the numbers are for moderators only."""

    person: Person
    target: Standing
    me: Standing | None
    line: Entry | None
    standing: int = 0
    removed: int = 0
    blocked: bool = False


class Chat:
    """Sends, reads and moderates. `send` and `moderation` say what they refuse."""

    def __init__(self, context: PluginContext, settings: ChatSettings) -> None:
        self._context = context
        self.settings = settings
        self.delays = Delays(context)
        self.entitled = Entitled(context)
        self._barriers = Barriers(context, self.entitled)
        writer = LineWriter(context.db, context.clock, self.delays)
        self._batches = Batches(writer.write, context.clock, settings.tick_ms / 1000)
        book = EmoteBook(context)
        self._sender = Sender(context, settings, self._batches, self._barriers, book)
        self.held = self._sender.held
        acts = Acts(context.db, context.clock, self.delays)
        ledger = Ledger(context.domain.audit)
        self.moderation = Moderation(acts, ledger, remove_recent_s=settings.remove_recent_s)
        self.mode_acts = ModeActs(acts, ledger, self.entitled)
        self.clearing = Clearing(context, acts, ledger)
        self.warnings = Warnings(acts, ledger)
        self.notes = Notes(acts, ledger)
        self.appeals = Appeals(context, acts, ledger, self.moderation)
        self.shield_acts = ShieldActs(acts, ledger, self.mode_acts)
        self.history = History(context)
        self.emotes = Emotes(context, settings, acts, book)
        self.rules = Rules(context, acts)
        self.pins = Pins(context, acts, settings.max_length)
        self.announcements = Announcements(self._sender)
        self.blocks = Blocks(context.db, context.clock, context.realtime)
        self.looks = Looks(context.db, context.realtime)
        self.docks = Docks(context)
        self.commands = CommandLine(context, self._commands(context.db))

    def _commands(self, db: Database) -> list[list[Command]]:
        people = PersonCommands(db, self.moderation, self.clearing, self.warnings, self.notes)
        return [
            people.commands(),
            ChatCommands(self.mode_acts, self.shield_acts).commands(),
            StandingOut(self.pins, self.announcements).commands(),
            OwnCommands(self.blocks).commands(),
        ]

    async def send(
        self, channel_id: UUID, actor: Actor, text: str, *, client_id: str, reply_to: UUID | None = None
    ) -> Stored | Held | Answered:
        """Store a message (see Sender.send), or carry a command out (see CommandLine.run)."""
        if is_command(text):
            return await self.commands.run(channel_id, actor, text)
        return await self._sender.send(channel_id, actor, unescaped(text), client_id=client_id, reply_to=reply_to)

    async def standing(self, channel_id: UUID, actor: Actor) -> Standing | None:
        """What the actor is in the chat; None for guests."""
        return await self._standing(channel_id, actor.user_id) if actor.user_id else None

    async def standing_of(self, channel_id: UUID, user_id: UUID) -> Standing:
        """What an account is in the chat. Raises NotFound."""
        found = await self._standing(channel_id, user_id)
        if found is None:
            raise NotFound("There is no such account.", field="user")
        return found

    async def _standing(self, channel_id: UUID, user_id: UUID) -> Standing | None:
        return (await standings(self._context.db, channel_id, [user_id], self._context.clock.now())).get(user_id)

    async def room(self, channel_id: UUID, actor: Actor) -> Room:
        """What a page shows first, and from where its live part goes on."""
        whole = await self.standing(channel_id, actor)
        me = as_allowed(whole, actor)
        moderates = me is not None and me.moderates
        if moderates:
            place, hides = await sequence.head(self._context.db, channel_id), False
        else:
            place, hides = await self.delays.viewers_head(channel_id)
        blocked = await self.blocks.ids_of(actor.user_id) if actor.user_id else frozenset()
        # nothing behind `place`: the live part brings that, and a page must not show a line twice
        entries = await lines.history(
            self._context.db,
            channel_id,
            limit=self.settings.history_lines,
            before=place.seq + 1,
            moderator=moderates,
            reader=lines.Reader(actor.user_id, blocked),
        )
        if hides and me is not None:
            entries += await lines.own_hidden(self._context.db, channel_id, me.user_id, place.seq)
        asked = await self._asked(channel_id, whole)
        modes = asked.modes
        pin, rules = await self.pins.above(channel_id)
        judges = me is not None and me.moderates and Right.CHAT_DELETE in me.rights
        held = await self.held.count(channel_id) if judges else 0
        entries = await self._standing_emotes(channel_id, entries)
        lets_in = me is not None and me.moderates and Right.CHAT_BAN in me.rights
        return Room(
            channel_id=channel_id,
            entries=entries,
            place=place,
            me=me,
            modes=self.entitled.holding(modes),
            held=held,
            notes=self.entitled.notes(modes) if moderates else [],
            barrier=asked.barrier,
            pin=pin,
            rules=rules,
            warning=await self.warning(channel_id, me),
            shield=await self.shield(channel_id),
            appeals=await self.appeals.count(channel_id) if lets_in else 0,
            blocked=blocked,
            look=await self.looks.of(actor.user_id) if actor.user_id else USUAL,
        )

    async def barrier(self, channel_id: UUID, me: Standing | None) -> Barrier | None:
        """What keeps somebody from writing whatever they write; None for guests, owner and moderators."""
        return (await self._asked(channel_id, me)).barrier

    async def _asked(self, channel_id: UUID, me: Standing | None) -> Asked:
        if me is not None and me.role == "member":
            return await self._barriers.asked(channel_id, me.user_id)
        return Asked(await modes_of(self._context.db, channel_id), None)

    async def warning(self, channel_id: UUID, me: Standing | None) -> OpenWarning | None:
        """What keeps somebody from writing who was warned; None for everybody else."""
        return await open_warning(self._context.db, channel_id, me.user_id) if me and me.warned else None

    async def shield(self, channel_id: UUID) -> Shield:
        """The shield mode of a chat."""
        return await shield_of(self._context.db, channel_id)

    async def modes(self, channel_id: UUID) -> Modes:
        """How often, what and who may write."""
        return await modes_of(self._context.db, channel_id)

    async def messages(self, channel_id: UUID, actor: Actor, *, before: int | None, limit: int) -> list[Entry]:
        """A part of the history, oldest first; moderators also get what was removed. Acts are left out."""
        me = await self.standing(channel_id, actor)
        reveal = me is not None and me.moderates
        end = NEWEST if before is None else before
        if not reveal:
            end = min(end, (await self.delays.viewers_head(channel_id))[0].seq + 1)
        found = await lines.messages(self._context.db, channel_id, limit=limit, before=end, removed=reveal)
        return await self._standing_emotes(channel_id, found)

    async def _standing_emotes(self, channel_id: UUID, entries: list[Entry]) -> list[Entry]:
        """The same lines; of emotes that were taken away since, the text is left."""
        if not any(entry.emotes for entry in entries):
            return entries
        ids = {str(emote.id) for emote in (await self.emotes.book.of(channel_id)).values()}
        return [
            dataclasses.replace(entry, emotes=[emote for emote in entry.emotes if emote["id"] in ids])
            if entry.emotes
            else entry
            for entry in entries
        ]

    async def card(self, channel_id: UUID, user_id: UUID, actor: Actor, line_id: UUID | None) -> Card | None:
        """What is shown of a person, with the line that was asked about when it is theirs."""
        db, now = self._context.db, self._context.clock.now()
        wanted = [user_id] if actor.user_id is None else [user_id, actor.user_id]
        found = await standings(db, channel_id, wanted, now)
        person = (await self._context.domain.people.describe([user_id])).get(user_id)
        if user_id not in found or person is None:
            return None
        me = as_allowed(found.get(actor.user_id) if actor.user_id else None, actor)
        line = await lines.find(db, channel_id, line_id) if line_id else None
        if line is not None and line.author.id != user_id:
            line = None
        stands, gone = (0, 0)
        if me is not None and me.moderates:
            stands, gone = await records.counts(db, channel_id, user_id)
        blocked = actor.user_id is not None and user_id in await self.blocks.ids_of(actor.user_id)
        return Card(
            person=person, target=found[user_id], me=me, line=line, standing=stands, removed=gone, blocked=blocked
        )

    async def shut_out(
        self, channel_id: UUID, actor: Actor, *, before: UUID | None = None, limit: int = 100
    ) -> list[records.ShutOutRow]:
        """Who is timed out or banned. Raises Forbidden for who doesn't moderate."""
        require_moderator(await self.standing(channel_id, actor))
        now = self._context.clock.now()
        return await records.shut_out_people(self._context.db, channel_id, now, before=before, limit=limit)

    async def log(
        self,
        channel_id: UUID,
        actor: Actor,
        *,
        before: UUID | None = None,
        limit: int = 50,
        action: str | None = None,
        person: str | None = None,
    ) -> list[records.ActRow]:
        """The log of acts: all, or of one kind or person. Raises Forbidden for who doesn't moderate."""
        require_moderator(await self.standing(channel_id, actor))
        return await records.acts(
            self._context.db, channel_id, before=before, limit=limit, action=action, person=person
        )

    async def exists(self, channel_id: UUID) -> bool:
        """Whether the channel is there; its chat then is, too."""
        return bool(
            await self._context.db.fetch("select 1 from core_channel where id = $1 and delete_at is null", [channel_id])
        )

    # -- for the realtime engine

    async def head(self, topic: str) -> Position:
        """Where a topic stands."""
        if topic.startswith(f"{sequence.NOW}:"):
            place = await sequence.head(self._context.db, _channel(topic))
        else:
            place, _ = await self.delays.viewers_head(_channel(topic))
        return Position(place.seq, place.epoch)

    async def missed(self, topic: str, after: int, limit: int) -> list[Message]:
        """What has a number above `after`, oldest first."""
        now = self._context.clock.now()
        entries = await lines.missed(self._context.db, _channel(topic), after, limit)
        entries = await self._standing_emotes(_channel(topic), entries)
        if topic.startswith(f"{sequence.NOW}:"):
            return [Message(*told_of(entry)) for entry in entries]
        return [Message(*for_viewers(entry)) for entry in entries if entry.is_visible(now)]

    async def may_hear_now(self, topic: str, actor: Actor) -> bool:
        """Whether the actor may hear a chat without its delay."""
        channel_id = sequence.channel_of(topic)
        me = await self.standing(channel_id, actor) if channel_id else None
        return me is not None and me.moderates

    async def close(self) -> None:
        """Write what waits."""
        self.emotes.pictures.close()
        await self._batches.close()
        await self.delays.close()


def _channel(topic: str) -> UUID:
    found = sequence.channel_of(topic)
    if found is None:
        raise Forbidden(f"“{topic[:60]}” is no topic of chat.")
    return found
