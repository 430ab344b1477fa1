"""Pages of emotes: those of a channel in the studio, the queue of operators, and where their pictures are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request
from quart_schema import hide
from werkzeug.datastructures import FileStorage

from aethex_live.errors import Invalid, Refusal, Unavailable
from aethex_live.hookspecs.web import Slot, SlotContribution
from aethex_live.providers import ProviderError
from aethex_live.web import (
    Access,
    Form,
    allow,
    current_actor,
    current_channel,
    limit,
    page,
    read_form,
    redirect_to,
)
from aethex_live.web.api import page_of, uuid_of
from aethex_live.web.hot import remember

from .emote_pictures import MOST_BYTES, check_size
from .moderation import LONGEST_REASON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .emotes import Emotes

UPLOADS, WINDOW = 30, timedelta(minutes=10)
PAGE = 50
QUEUE = "/p/chat/admin/emotes"
SAID = {
    "added": "The emote is there: people can use it now.",
    "waits": "The emote is uploaded. It can be used when an operator has looked at it.",
    "removed": "The emote is gone; messages keep its code as text.",
}


class CodeForm(BaseModel):
    """The words beside the file of a new emote."""

    code: str = Field(default="", max_length=200)


class EmoteForm(BaseModel):
    """About an emote."""

    emote: UUID


class DecideForm(EmoteForm):
    """An operator's decision."""

    act: str = Field(pattern="^(approve|deny)$")
    reason: str = Field(default="", max_length=8 * LONGEST_REASON)


class EmotePages:
    """The views; what may be done is the service's rule."""

    def __init__(self, emotes: Emotes) -> None:
        self._emotes = emotes

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat_emotes", __name__, url_prefix="/p/chat")
        made.get("/<slug>/emotes")(self.of_channel)
        made.post("/<slug>/emotes")(self.upload)
        made.post("/<slug>/emotes/delete")(self.delete)
        made.get("/emotes/<uuid:emote_id>/<name>")(self.picture)
        made.get("/admin/emotes")(self.queue)
        made.post("/admin/emotes")(self.decide)
        return made

    def slots(self) -> list[SlotContribution]:
        """The ways there, in the rails of the studio and of the operators."""
        nav = "chat/emotes_nav.html"
        return [
            SlotContribution(slot=Slot.STUDIO_NAV, template=nav, context=self._studio, order=40),
            SlotContribution(slot=Slot.ADMIN_NAV, template=nav, context=self._admin, order=50),
        ]

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def of_channel(self, slug: str) -> Response:
        """The emotes of a channel, and the form for a new one."""
        return await self._show(Form(values={}))

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def upload(self, slug: str) -> Response:
        """Take a new emote; what was typed stays when it is refused."""
        form = await read_form(CodeForm)
        channel = current_channel()
        try:
            await limit("chat.emotes", UPLOADS, WINDOW)
            code = form.data.code.strip().strip(":") if form.data else ""
            made = await self._emotes.upload(channel.id, current_actor(), code, await _sent())
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show(form, refusal.status)
        except ProviderError as failure:
            form.errors["picture"] = str(Unavailable(str(failure)))
            return await self._show(form, Unavailable.status)
        said = "added" if made.state == "approved" else "waits"
        return redirect_to(f"{_address(channel.slug)}?said={said}")

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def delete(self, slug: str) -> Response:
        """Take one away."""
        channel = current_channel()
        data = _data(await read_form(EmoteForm))
        await self._emotes.delete(channel.id, data.emote, current_actor())
        return redirect_to(f"{_address(channel.slug)}?said=removed")

    async def _show(self, form: Form[Any], status: int = 200) -> Response:
        channel = current_channel()
        rows = await self._emotes.all_of(channel.id, current_actor())
        return await page(
            "chat/emotes.html",
            status=status,
            area="studio",
            channel=channel,
            rows=rows,
            form=form,
            base=_address(channel.slug),
            said=SAID.get(request.args.get("said", ""), "") if status == 200 else "",
            most=self._emotes.most,
            asks=self._emotes.asks_operators and not current_actor().is_operator,
            takes_pictures=self._emotes.takes_pictures,
            largest_mb=MOST_BYTES / 1024 / 1024,
        )

    @hide
    @allow(Access.PUBLIC)
    async def picture(self, emote_id: UUID, name: str) -> Response:
        """Send the browser to a file of an emote: 28.webp, 56.webp, 112.webp, and -still ones of those that move."""
        # a line with an emote lets everybody who looks on ask for it in the same second
        row = await remember(("chat", "emote", emote_id), lambda: self._emotes.row(emote_id))
        address, public = await self._emotes.address_of(row, name, current_actor())
        kept = "public, max-age=3600" if public else "private, no-store"
        return Response(
            b"", status=302, headers={"Location": address, "Cache-Control": kept}, content_type="text/plain"
        )

    @hide
    @allow(Access.OPERATOR)
    async def queue(self) -> Response:
        """What waits on all channels."""
        return await self._show_queue()

    async def _show_queue(self, problem: str = "", status: int = 200) -> Response:
        given = request.args.get("after")
        after = uuid_of(given, "after") if given else None
        found = await self._emotes.waiting(current_actor(), after=after, limit=PAGE + 1)
        rows, cursor = page_of(found, PAGE, lambda row: row.id)
        return await page(
            "chat/emotes_queue.html",
            status=status,
            area="admin",
            rows=rows,
            base=QUEUE,
            newer=f"{QUEUE}?after={cursor}" if cursor else None,
            problem=problem,
            asks=self._emotes.asks_operators,
            longest=LONGEST_REASON,
        )

    @hide
    @allow(Access.OPERATOR)
    async def decide(self) -> Response:
        """Let an emote be used, or not."""
        form = await read_form(DecideForm)
        if form.data is None:
            return await self._show_queue(next(iter(form.errors.values())), 422)
        try:
            approve = form.data.act == "approve"
            await self._emotes.decide(form.data.emote, current_actor(), approve=approve, reason=form.data.reason)
        except Refusal as refusal:
            return await self._show_queue(str(refusal), refusal.status)
        return redirect_to(QUEUE)

    async def _studio(self, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
        channel = given.get("channel")
        if channel is None or not await self._emotes.may(UUID(str(channel.id)), current_actor()):
            return None
        address = _address(channel.slug)
        return {"address": address, "current": request.path == address, "waiting": 0}

    async def _admin(self, _: Mapping[str, Any]) -> Mapping[str, Any] | None:
        waiting = await self._emotes.count()
        if not self._emotes.asks_operators and not waiting:
            return None
        return {"address": QUEUE, "current": request.path == QUEUE, "waiting": waiting}


def _address(slug: str) -> str:
    return f"/p/chat/{slug}/emotes"


async def _sent() -> bytes:
    sent = (await request.files).get("picture")
    if not isinstance(sent, FileStorage):
        return b""
    sent.stream.seek(0, 2)
    check_size(sent.stream.tell())
    sent.stream.seek(0)
    return sent.stream.read()


def _data(form: Form[Any]) -> Any:
    """What was sent. Raises Invalid with the first sentence about it."""
    if form.data is None:
        field, sentence = next(iter(form.errors.items()))
        raise Invalid(sentence, field=field)
    return form.data
