"""Pages below /p/chat/ for rules, pins and announcements, so that nothing of them needs JavaScript."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint, Response, request
from quart_schema import hide
from werkzeug.wrappers import Response as BaseResponse

from aethex_live.domain.rights import Right
from aethex_live.errors import Invalid, Refusal
from aethex_live.scopes import Scope
from aethex_live.web import Access, Form, allow, current_actor, current_channel, page, read_form, redirect_to, say
from aethex_live.web.pages import local_address
from aethex_live.web.request import is_fragment

from .docks import as_allowed
from .pins import PRESETS
from .refusals import span

if TYPE_CHECKING:
    from .rules import RulesText
    from .service import Chat


class AcceptForm(BaseModel):
    """Accept this version."""

    version: int = 0
    next: str = ""


class RulesForm(BaseModel):
    """The rules; a switch that is off is not sent."""

    text: str = ""
    ask_again: bool = False
    next: str = ""


class AnnounceForm(BaseModel):
    """An announcement."""

    text: str = ""
    accent: str = "note"
    client_id: str = ""
    next: str = ""


class PinForm(BaseModel):
    """Pin a message, or words."""

    line: UUID | None = None
    text: str = ""
    seconds: int = 0
    next: str = ""


class NextForm(BaseModel):
    """Where to go on."""

    next: str = ""


class MannerPages:
    """The views. Who may do what is the services' rule."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat_manners", __name__, url_prefix="/p/chat/<slug>")
        made.get("/rules")(self.rules)
        made.post("/rules")(self.set_rules)
        made.post("/rules/accept")(self.accept)
        made.get("/announce")(self.announce)
        made.post("/announce")(self.send)
        made.post("/pin")(self.pin)
        made.post("/unpin")(self.unpin)
        return made

    @hide
    @allow(Access.CHANNEL, scope=Scope.CHAT_READ)
    async def rules(self, slug: str) -> Response:
        """The rules: to read, to accept, and for moderators to change."""
        return await self._show_rules(await self._chat.rules.read(current_channel().id, current_actor()))

    async def _show_rules(
        self, found: RulesText, errors: Mapping[str, str] | None = None, text: str | None = None, status: int = 200
    ) -> Response:
        actor = current_actor()
        me = as_allowed(await self._chat.standing(current_channel().id, actor), actor)
        return await self._page(
            "rules",
            status,
            rules=found,
            text=found.text if text is None else text,
            errors=errors or {},
            me=me,
            may_change=me is not None and me.moderates and Right.CHAT_MODES in me.rights,
        )

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def set_rules(self, slug: str) -> Response | BaseResponse:
        """Let other rules hold."""
        data: RulesForm = _data(await read_form(RulesForm))
        rules, channel, actor = self._chat.rules, current_channel(), current_actor()
        try:
            await rules.change(channel.id, actor, data.text, ask_again=data.ask_again)
        except Invalid as refusal:
            old = await rules.read(channel.id, actor)
            return await self._show_rules(old, {"text": str(refusal)}, data.text, refusal.status)
        return say(redirect_to(_back(data.next)), "The rules of this chat are saved.", "ok")

    @hide
    @allow(Access.CHANNEL_MEMBER)
    async def accept(self, slug: str) -> Response | BaseResponse:
        """Accept the rules and go back to write."""
        data: AcceptForm = _data(await read_form(AcceptForm))
        await self._chat.rules.accept(current_channel().id, current_actor(), data.version)
        return redirect_to(_back(data.next))

    @hide
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    async def announce(self, slug: str) -> Response:
        """The forms of announcements and of what is pinned."""
        return await self._show_announce()

    async def _show_announce(
        self, form: Form[Any] | None = None, errors: Mapping[str, str] | None = None, status: int = 200
    ) -> Response:
        return await self._page(
            "announce",
            status,
            pin=await self._chat.pins.read(current_channel().id),
            values=form.values if form else {},
            errors=errors or {},
            client_id=str(uuid.uuid4()),
            lengths=[(seconds, span(seconds)) for seconds in PRESETS if seconds],
            longest=self._chat.settings.max_length,
        )

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def send(self, slug: str) -> Response | BaseResponse:
        """Announce something."""
        form = await read_form(AnnounceForm)
        data: AnnounceForm = _data(form)
        try:
            await self._chat.announcements.send(
                current_channel().id, current_actor(), data.text, accent=data.accent, client_id=data.client_id
            )
        except Refusal as refusal:
            return await self._show_announce(form, {"text": str(refusal)}, refusal.status)
        return redirect_to(_back(data.next))

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def pin(self, slug: str) -> Response | BaseResponse:
        """Pin a message or words."""
        form = await read_form(PinForm)
        data: PinForm = _data(form)
        try:
            await self._chat.pins.pin(
                current_channel().id, current_actor(), line=data.line, text=data.text, seconds=data.seconds
            )
        except Invalid as refusal:
            return await self._show_announce(form, {"pin": str(refusal)}, refusal.status)
        return redirect_to(_back(data.next))

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def unpin(self, slug: str) -> Response | BaseResponse:
        """Take away what stands above the chat."""
        data: NextForm = _data(await read_form(NextForm))
        await self._chat.pins.unpin(current_channel().id, current_actor())
        return redirect_to(_back(data.next))

    async def _page(self, name: str, status: int, **context: Any) -> Response:
        """The part for the chat's dialog, or a page around it."""
        part = f"chat/{name}.html"
        return await page(
            part if is_fragment() else "chat/manner_page.html",
            status=status,
            channel=current_channel(),
            part=part,
            base=_base(),
            next=_back(request.args.get("next", "")),
            **context,
        )


def _base() -> str:
    return f"/p/chat/{current_channel().slug}"


def _back(wanted: str) -> str:
    """The page that the form stood on; the chat's own when it names none of this site."""
    return local_address(wanted) or _base()


def _data(form: Form[Any]) -> Any:
    """What was sent. Raises Invalid with the first sentence about it."""
    if form.data is None:
        field, sentence = next(iter(form.errors.items()))
        raise Invalid(sentence, field=field)
    return form.data
