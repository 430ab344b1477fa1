"""What is done about a report, by the core's own rules for operators; each of them audits itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.errors import Conflict, NotFound
from aethex_live.models import Channel, Recording

from .reasons import Act

if TYPE_CHECKING:
    from aethex_live import PluginContext
    from aethex_live.actor import Actor

    from .models import Report

OF_CHANNELS = ("channel", "broadcast")
# asks for a recent proof of who acts, as it does on the page of the account
PROVEN = frozenset({Act.BAN})


def acts_for(kind: str, *, moderator: bool, accused: bool) -> list[Act]:
    """What can be done about a thing of this kind; `moderator` of a channel rather than operator of the site."""
    acts = [Act.NOTED]
    if not moderator:
        if kind in OF_CHANNELS:
            acts += [Act.END, Act.UNLIST]
        if kind == "recording":
            acts.append(Act.DELETE)
        if accused:
            acts.append(Act.BAN)
    return [*acts, Act.DISMISS]


class Acts:
    """Carries acts out."""

    def __init__(self, context: PluginContext) -> None:
        self._domain = context.domain

    async def carry_out(self, act: Act, report: Report, note: str, actor: Actor) -> None:
        """Do it. Raises Conflict for what can't be done about this kind of thing, NotFound for what is gone."""
        if act not in acts_for(report.kind, moderator=False, accused=report.accused_id is not None):
            raise Conflict("This can't be done about what was reported; choose something else.", field="act")
        match act:
            case Act.UNLIST:
                await self._domain.operators.list_channel(await _channel(report), "unlisted", actor, note)
            case Act.END:
                await self._domain.operators.end_broadcast(await _channel(report), actor)
            case Act.DELETE:
                await self._domain.recordings.delete(await _recording(report), actor)
            case Act.BAN:
                await self._ban(report, note, actor)
            case Act.DISMISS | Act.NOTED:
                pass

    async def _ban(self, report: Report, note: str, actor: Actor) -> None:
        if report.accused_id is None:
            raise NotFound("This account is not there any more.", field="act")
        await self._domain.operators.ban(report.accused_id, note or f"Reported: {report.reason}.", actor)


async def _channel(report: Report) -> Channel:
    channel = await Channel.filter(id=report.channel_id).select_related("category", "owner").first()
    if channel is None:
        raise NotFound("This channel is not there any more.", field="act")
    return channel


async def _recording(report: Report) -> Recording:
    recording = await Recording.filter(id=UUID(report.subject_id)).exclude(state="deleted").first()
    if recording is None:
        raise NotFound("This video is deleted already.", field="act")
    return recording
