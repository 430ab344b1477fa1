"""Pages below /p/chat/: the chat on its own, and every act as a form, so that nothing needs JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request
from quart_schema import hide
from werkzeug.wrappers import Response as BaseResponse

from aethex_live.domain.rights import CHAT, Right
from aethex_live.errors import Invalid, NotFound, Refusal
from aethex_live.scopes import Scope
from aethex_live.web import Access, Form, allow, current_actor, current_channel, page, read_form, redirect_to, say
from aethex_live.web.api import uuid_of
from aethex_live.web.request import is_fragment

from .addresses import back, base, filled
from .command_acts import Answered
from .commands import seconds_of
from .held import Held
from .history import may_read
from .panels import BANS, TIMEOUTS, Panels
from .preferences import hour
from .records import ACTIONS
from .refusals import span
from .standing import may_act

if TYPE_CHECKING:
    from flask.sansio.blueprints import BlueprintSetupState

    from .service import Chat

LOG_PAGE = 50
PANEL_TEMPLATES = tuple(
    f"chat/{name}.html"
    for name in ("panel", "line", "composer", "warned", "strings", "parts", "emote", "emotes_picker", "pin")
)


class SendForm(BaseModel):
    """A message."""

    text: str = ""
    client_id: str = ""
    reply_to: UUID | None = None
    next: str = ""


class HeldForm(BaseModel):
    """About a message that waits."""

    held: UUID
    next: str = ""


class LineForm(BaseModel):
    """About a line."""

    line: UUID
    next: str = ""


class PersonForm(BaseModel):
    """About a person; `seconds`, or `length` in words of one's own, for timeouts, `ban_for` (0: for good) for bans."""

    user: UUID
    reason: str = Field("", max_length=1000)
    seconds: int = 0
    length: str = Field("", max_length=20)
    ban_for: int = 0
    next: str = ""

    @property
    def timeout(self) -> int:
        """Seconds of a timeout. Raises Invalid about `length`."""
        if not self.length.strip():
            return self.seconds
        seconds = seconds_of(self.length.strip().lower().replace(" ", ""))
        if seconds is None:
            raise Invalid("Write a length such as 90s, 10m, 2h or 7d.", field="length")
        return seconds


class ChatPages:
    """The views. Each finds its channel by `slug`; who may do what is the service's rule."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._panels = Panels(chat)

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat", __name__, url_prefix="/p/chat/<slug>")
        made.add_app_template_filter(span, "chat_span")
        made.add_app_template_filter(hour, "chat_hour")
        made.record_once(_compile)
        made.get("")(self.room)
        made.post("/send")(self.send)
        made.get("/people/<uuid:user_id>")(self.person)
        made.get("/restricted")(self.restricted)
        made.get("/log")(self.log)
        made.get("/held")(self.held)
        made.post("/approve")(self.approve)
        made.post("/deny")(self.deny)
        made.post("/delete")(self.delete)
        made.post("/timeout")(self.time_out)
        made.post("/ban")(self.ban)
        made.post("/lift")(self.lift)
        return made

    @hide
    @allow(Access.CHANNEL)
    async def room(self, slug: str) -> Response | BaseResponse:
        """The chat alone: for a window of its own, and for browsers without JavaScript."""
        channel = current_channel()
        if channel.slug != slug:
            return redirect_to(base())
        return await self._show()

    async def _show(self, form: Form[Any] | None = None, status: int = 200) -> Response:
        channel = current_channel()
        panel = await self._panels.panel(
            channel.id,
            channel.slug,
            channel.name,
            current_actor(),
            next_page=base(),
            place="page",
            form=form,
        )
        return await page("chat/room.html", status=status, panel=panel, channel=channel)

    @hide
    @allow(Access.CHANNEL_MEMBER)
    async def send(self, slug: str) -> Response | BaseResponse:
        """Send a message and go back; a refused one is shown with its text kept."""
        form = await read_form(SendForm)
        if form.data is None:
            return await self._show(form, 422)
        data = form.data
        try:
            stored = await self._chat.send(
                current_channel().id,
                current_actor(),
                data.text,
                client_id=data.client_id,
                reply_to=data.reply_to,
            )
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show(form, refusal.status)
        answer = redirect_to(back(data.next))
        if isinstance(stored, Answered):
            return say(answer, stored.text, "neutral")
        return (
            say(answer, "A moderator looks at your message first.", "neutral") if isinstance(stored, Held) else answer
        )

    @hide
    @allow(Access.CHANNEL, scope=Scope.CHAT_READ)
    async def person(self, slug: str, user_id: UUID) -> Response:
        """The card of somebody who wrote here, where moderators act; `line` is the message that led here."""
        channel, actor = current_channel(), current_actor()
        line = request.args.get("line")
        card = await self._chat.card(channel.id, user_id, actor, uuid_of(line, "line") if line else None)
        if card is None:
            raise NotFound("This account is not there any more.")
        own = card.me is not None and card.me.user_id == user_id
        may = {right: may_act(card.me, card.target, right) for right in CHAT}
        known = may_read(card.me, card.target)
        return await page(
            "chat/card.html" if is_fragment() else "chat/card_page.html",
            channel=channel,
            card=card,
            base=base(),
            next=back(request.args.get("next", "")),
            timeouts=TIMEOUTS,
            bans=BANS,
            actions=ACTIONS,
            record=await self._chat.history.of(channel.id, user_id, actor) if known else None,
            may_clear=may[Right.CHAT_DELETE],
            may_time_out=may[Right.CHAT_TIMEOUT],
            may_ban=may[Right.CHAT_BAN],
            may_pin=card.line is not None
            and not card.line.removed
            and card.me is not None
            and card.me.moderates
            and Right.CHAT_MODES in card.me.rights,
            may_delete=card.line is not None and not card.line.removed and (own or may[Right.CHAT_DELETE]),
            alone=actor.by_token,
            may_block=actor.signed_in and not own and actor.has_scope(Scope.ACCOUNT_WRITE),
        )

    @hide
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    async def restricted(self, slug: str) -> Response:
        """Who is timed out or banned, each with a button that lifts it."""
        channel = current_channel()
        people = await self._chat.shut_out(channel.id, current_actor())
        me = await self._chat.standing(channel.id, current_actor())
        rights = me.rights if me else frozenset()
        template = "chat/restricted.html" if is_fragment() else "chat/restricted_page.html"
        return await page(
            template,
            channel=channel,
            people=people,
            base=base(),
            next=f"{base()}/restricted",
            may_time_out=Right.CHAT_TIMEOUT in rights,
            may_ban=Right.CHAT_BAN in rights,
        )

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def log(self, slug: str) -> Response:
        """What moderators did, newest first; all of it, of one kind, or by and about one person."""
        channel, asked = current_channel(), request.args
        given, action, person = asked.get("before"), asked.get("action", "")[:80], asked.get("person", "")[:50]
        before = uuid_of(given, "before") if given else None
        rows = await self._chat.log(
            channel.id, current_actor(), before=before, limit=LOG_PAGE + 1, action=action or None, person=person or None
        )
        wanted = {"action": action, "person": person}
        more = {"before": str(rows[LOG_PAGE - 1].id), **wanted} if len(rows) > LOG_PAGE else None
        return await page(
            "chat/log.html",
            channel=channel,
            rows=rows[:LOG_PAGE],
            older=f"{base()}/log?{urlencode(more)}" if more else None,
            base=base(),
            actions=ACTIONS,
            wanted=wanted,
        )

    @hide
    @allow(Access.CHANNEL_MEMBER)
    async def delete(self, slug: str) -> Response | BaseResponse:
        """Remove a message: one's own, or as a moderator."""
        data = filled(await read_form(LineForm))
        await self._chat.moderation.delete(current_channel().id, data.line, current_actor())
        return redirect_to(back(data.next))

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def time_out(self, slug: str) -> Response | BaseResponse:
        """Shut somebody out for a while."""
        data: PersonForm = filled(await read_form(PersonForm))
        await self._chat.moderation.time_out(
            current_channel().id, data.user, current_actor(), seconds=data.timeout, reason=data.reason
        )
        return redirect_to(back(data.next))

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def ban(self, slug: str) -> Response | BaseResponse:
        """Shut somebody out for good, or for a long while."""
        data: PersonForm = filled(await read_form(PersonForm))
        await self._chat.moderation.ban(
            current_channel().id, data.user, current_actor(), seconds=data.ban_for or None, reason=data.reason
        )
        return redirect_to(back(data.next))

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def lift(self, slug: str) -> Response | BaseResponse:
        """End a timeout or ban."""
        data = filled(await read_form(PersonForm))
        await self._chat.moderation.lift(current_channel().id, data.user, current_actor())
        return redirect_to(back(data.next))

    @hide
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    async def held(self, slug: str) -> Response:
        """What waits for a moderator, each with a button for yes and one for no."""
        channel = current_channel()
        rows = await self._chat.held.waiting(channel.id, current_actor())
        template = "chat/held.html" if is_fragment() else "chat/held_page.html"
        return await page(template, channel=channel, rows=rows, base=base(), next=f"{base()}/held")

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def approve(self, slug: str) -> Response | BaseResponse:
        """Let a message through that waits."""
        return await self._decided(approve=True)

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def deny(self, slug: str) -> Response | BaseResponse:
        """Do not let it through."""
        return await self._decided(approve=False)

    async def _decided(self, *, approve: bool) -> Response | BaseResponse:
        data: HeldForm = filled(await read_form(HeldForm))
        await self._chat.held.decide(current_channel().id, data.held, current_actor(), approve=approve)
        return redirect_to(back(data.next))


def _compile(state: BlueprintSetupState) -> None:
    """Compile the panel's templates now: on a slow machine that alone takes longer than a slot may."""
    for name in PANEL_TEMPLATES:
        state.app.jinja_env.get_template(name)
