"""Pages of moderators' acts below /p/chat/, and what the people concerned read and send; all of it plain forms."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response
from quart_schema import hide
from werkzeug.wrappers import Response as BaseResponse

from aethex_live.errors import Refusal
from aethex_live.scopes import Scope
from aethex_live.web import Access, Form, allow, current_actor, current_channel, page, read_form, redirect_to, say
from aethex_live.web.request import is_fragment

from . import appeals
from .addresses import back, base, filled

if TYPE_CHECKING:
    from typing import Any

    from .service import Chat

MOST = 4000  # characters that are read at all


class AboutForm(BaseModel):
    """About a person, or without one about everybody."""

    user: UUID | None = None
    next: str = ""


class WarnForm(BaseModel):
    """A warning."""

    user: UUID
    reason: str = Field("", max_length=MOST)
    next: str = ""


class AcknowledgeForm(BaseModel):
    """Somebody understands."""

    warning: UUID
    next: str = ""


class AskForm(BaseModel):
    """A request to be let in again."""

    text: str = Field("", max_length=MOST)


class AnswerForm(BaseModel):
    """The answer to one."""

    appeal: UUID
    answer: str = Field("", max_length=MOST)


class NoteForm(BaseModel):
    """A note."""

    user: UUID
    text: str = Field("", max_length=MOST)
    next: str = ""


class EraseForm(BaseModel):
    """A note that goes."""

    note: UUID
    next: str = ""


class ShieldForm(BaseModel):
    """Shield mode."""

    on: bool
    next: str = ""


class ActPages:
    """The views. Each finds its channel by `slug`; who may do what is the service's rule."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat_acts", __name__, url_prefix="/p/chat/<slug>")
        made.get("/desk")(self.desk)
        made.post("/clear")(self.clear)
        made.post("/warn")(self.warn)
        made.post("/acknowledge")(self.acknowledge)
        made.get("/appeal")(self.appeal)
        made.post("/appeal")(self.ask)
        made.get("/appeals")(self.appeals)
        made.post("/appeals/approve")(self.approve)
        made.post("/appeals/deny")(self.deny)
        made.post("/note")(self.write)
        made.post("/note/delete")(self.erase)
        made.post("/shield")(self.shield)
        return made

    @hide
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    async def desk(self, slug: str) -> Response:
        """All that moderators do about the chat as a whole."""
        channel, actor = current_channel(), current_actor()
        room = await self._chat.room(channel.id, actor)
        return await page(
            "chat/desk.html" if is_fragment() else "chat/desk_page.html",
            channel=channel,
            room=room,
            rights=room.me.rights if room.me and room.moderator else frozenset(),
            base=base(),
            next=f"{base()}/desk",
            alone=actor.by_token,
        )

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def clear(self, slug: str) -> Response | BaseResponse:
        """Remove all messages of a person, or of everybody."""
        data: AboutForm = filled(await read_form(AboutForm))
        channel, actor = current_channel(), current_actor()
        if data.user is None:
            await self._chat.clearing.everybody(channel.id, actor)
        else:
            await self._chat.clearing.person(channel.id, data.user, actor)
        return say(redirect_to(back(data.next)), "The messages are removed.")

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def warn(self, slug: str) -> Response | BaseResponse:
        """Warn a person."""
        data: WarnForm = filled(await read_form(WarnForm))
        await self._chat.warnings.warn(current_channel().id, data.user, current_actor(), reason=data.reason)
        return redirect_to(back(data.next))

    @hide
    @allow(Access.CHANNEL_MEMBER)
    async def acknowledge(self, slug: str) -> Response | BaseResponse:
        """Say that one understands a warning."""
        data: AcknowledgeForm = filled(await read_form(AcknowledgeForm))
        await self._chat.warnings.acknowledge(current_channel().id, data.warning, current_actor())
        return redirect_to(back(data.next))

    @hide
    @allow(Access.CHANNEL_MEMBER)
    async def appeal(self, slug: str) -> Response:
        """Ask to be let in again, or see what became of it."""
        return await self._show_appeal(Form[AskForm](values={}))

    async def _show_appeal(self, form: Form[Any], status: int = 200) -> Response:
        channel, actor = current_channel(), current_actor()
        me = await self._chat.standing(channel.id, actor)
        last = await self._chat.appeals.last(channel.id, actor)
        held = me.restricted if me else None
        return await page(
            "chat/appeal.html",
            status=status,
            channel=channel,
            form=form,
            held=held,
            last=last,
            waits=last is not None and last.state == "open" and held is not None and last.at >= held.since,
            longest=appeals.LONGEST,
            base=base(),
        )

    @hide
    @allow(Access.CHANNEL_MEMBER)
    async def ask(self, slug: str) -> Response | BaseResponse:
        """Send the request; a refused one keeps its text."""
        form = await read_form(AskForm)
        if form.data is None:
            return await self._show_appeal(form, 422)
        try:
            await self._chat.appeals.ask(current_channel().id, current_actor(), form.data.text)
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show_appeal(form, refusal.status)
        return say(redirect_to(f"{base()}/appeal"), "Your request is sent: a moderator answers it.")

    @hide
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    async def appeals(self, slug: str) -> Response:
        """Who asks to be let in again, each with a button for yes and one for no."""
        channel = current_channel()
        rows = await self._chat.appeals.waiting(channel.id, current_actor())
        template = "chat/appeals.html" if is_fragment() else "chat/appeals_page.html"
        return await page(template, channel=channel, rows=rows, longest=appeals.LONGEST, base=base())

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def approve(self, slug: str) -> Response | BaseResponse:
        """Let somebody in again."""
        return await self._answered(approve=True)

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def deny(self, slug: str) -> Response | BaseResponse:
        """Do not."""
        return await self._answered(approve=False)

    async def _answered(self, *, approve: bool) -> Response | BaseResponse:
        data: AnswerForm = filled(await read_form(AnswerForm))
        await self._chat.appeals.decide(
            current_channel().id, data.appeal, current_actor(), approve=approve, answer=data.answer
        )
        return redirect_to(f"{base()}/appeals")

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def write(self, slug: str) -> Response | BaseResponse:
        """Write a note about a person."""
        data: NoteForm = filled(await read_form(NoteForm))
        await self._chat.notes.write(current_channel().id, data.user, current_actor(), data.text)
        return redirect_to(back(data.next))

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def erase(self, slug: str) -> Response | BaseResponse:
        """Delete a note."""
        data: EraseForm = filled(await read_form(EraseForm))
        await self._chat.notes.delete(current_channel().id, data.note, current_actor())
        return redirect_to(back(data.next))

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def shield(self, slug: str) -> Response | BaseResponse:
        """Turn shield mode on or off."""
        data: ShieldForm = filled(await read_form(ShieldForm))
        await self._chat.shield_acts.turn(current_channel().id, current_actor(), on=data.on)
        return redirect_to(back(data.next))
