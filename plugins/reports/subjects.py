"""What can be reported: channels, broadcasts and recordings of the core, and whatever plugins describe."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.errors import NotFound
from aethex_live.hookspecs import moderation as specs
from aethex_live.hookspecs.moderation import Neighbour, Reportable
from aethex_live.models import Broadcast, Channel, Recording

if TYPE_CHECKING:
    from aethex_live import PluginContext

LONGEST_TEXT = 1000
MOST_AROUND = 20
KINDS = {
    "channel": "Channel",
    "broadcast": "Live stream",
    "recording": "Video",
    "chat.line": "Chat message",
    "chat.person": "Person in a chat",
}


def kind_name(kind: str) -> str:
    """What people read of a kind."""
    return KINDS.get(kind, kind.replace(".", " ").replace("_", " ").capitalize())


class Subjects:
    """Describes what is reported."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context

    async def get(self, kind: str, subject_id: str) -> Reportable:
        """What it is at this moment. Raises NotFound for what is not there or not public."""
        found = await self.find(kind, subject_id)
        if found is None:
            raise NotFound("What you want to report is not there any more.")
        return found

    async def find(self, kind: str, subject_id: str) -> Reportable | None:
        """What it is at this moment, or None."""
        if kind in ("channel", "broadcast", "recording"):
            number = _uuid(subject_id)
            return await self._of_core(kind, number) if number else None
        answers = await self._context.hooks.ask(specs.describe_reportable, kind, subject_id)
        return next((answer.value for answer in answers if answer.value is not None), None)

    async def _of_core(self, kind: str, number: UUID) -> Reportable | None:
        if kind == "channel":
            channel = await Channel.filter(id=number, delete_at__isnull=True).select_related("owner").first()
            return _channel(channel) if channel else None
        if kind == "broadcast":
            broadcast = (
                await Broadcast.filter(id=number, rehearsal=False, channel__delete_at__isnull=True)
                .select_related("channel__owner")
                .first()
            )
            return _broadcast(broadcast) if broadcast else None
        recordings = Recording.filter(id=number, state="ready", channel__delete_at__isnull=True).exclude(
            visibility="private"
        )
        recording = await recordings.select_related("channel__owner").first()
        return _recording(recording) if recording else None


def _channel(channel: Channel) -> Reportable:
    return Reportable(
        title=channel.name,
        path=f"/{channel.slug}",
        text="\n".join(part for part in (channel.title, channel.about) if part),
        author_id=channel.owner_id,
        author_name=channel.owner.display_name,
        channel_id=channel.id,
    )


def _broadcast(broadcast: Broadcast) -> Reportable:
    channel = broadcast.channel
    return Reportable(
        title=broadcast.title or channel.name,
        path=f"/{channel.slug}/live",
        text=channel.about,
        at=broadcast.started_at,
        author_id=channel.owner_id,
        author_name=channel.owner.display_name,
        channel_id=channel.id,
    )


def _recording(recording: Recording) -> Reportable:
    channel = recording.channel
    return Reportable(
        title=recording.title or channel.name,
        path=f"/videos/{recording.id}",
        at=recording.created_at,
        author_id=channel.owner_id,
        author_name=channel.owner.display_name,
        channel_id=channel.id,
    )


def snapshot_of(found: Reportable) -> dict[str, object]:
    """What is kept of it, so that a later change takes nothing away."""
    return {
        "title": found.title[:200],
        "path": found.path,
        "text": found.text[:LONGEST_TEXT],
        "at": found.at.isoformat() if found.at else None,
        "author": found.author_name,
        "act_path": found.act_path,
        "around": [_neighbour(said) for said in found.around[-MOST_AROUND:]],
    }


def _neighbour(said: Neighbour) -> dict[str, object]:
    return {
        "name": said.name[:50],
        "text": said.text[:LONGEST_TEXT],
        "at": said.at.isoformat(),
        "subject": said.subject,
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
