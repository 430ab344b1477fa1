"""Pages for OBS: where docks are made and revoked, the dock, and the transparent overlay."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from markupsafe import Markup
from pydantic import BaseModel, Field
from quart import Blueprint, Response, request
from quart_schema import hide
from werkzeug.wrappers import Response as BaseResponse

from aethex_live.errors import Invalid, Refusal
from aethex_live.scopes import Scope
from aethex_live.web import (
    GUEST,
    Access,
    Form,
    allow,
    current_actor,
    current_channel,
    limit,
    page,
    platform,
    read_form,
    redirect_to,
    require_proof,
    say,
)

from .docks import DAYS
from .panels import Panels

if TYPE_CHECKING:
    from aethex_live.actor import Actor

    from .service import Chat

THEMES = ("dark", "light")
SIZES = ("normal", "large", "largest")


class DockForm(BaseModel):
    """A new dock."""

    name: str = Field(min_length=1, max_length=50)
    kind: str
    days: int = Field(default=DAYS, ge=1, le=366)


class DockPages:
    """The views. Dock and overlay are the same for every browser: who asks is said by the token in the address."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._panels = Panels(chat)

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat_dock", __name__, url_prefix="/p/chat/<slug>")
        made.get("/obs")(self.obs)
        made.post("/obs")(self.make)
        made.post("/obs/<uuid:dock_id>/revoke")(self.revoke)
        made.get("/dock")(self.dock)
        made.get("/overlay")(self.overlay)
        return made

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def obs(self, slug: str) -> Response:
        """One's docks of this chat, the form of a new one, and the steps in OBS."""
        return await self._show(Form[Any](values={"kind": "moderate", "days": str(DAYS), "name": "OBS"}))

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def make(self, slug: str) -> Response | BaseResponse:
        """Make a dock and show its address, once."""
        await require_proof(_here())
        form = await read_form(DockForm)
        if form.data is None:
            return await self._show(form, status=422)
        data = form.data
        try:
            await limit("token", 20, timedelta(hours=1))
            made = await self._chat.docks.make(current_channel().id, current_actor(), data.name, data.kind, data.days)
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show(form, status=refusal.status)
        return await self._show(form, made=made)

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def revoke(self, slug: str, dock_id: UUID) -> Response | BaseResponse:
        """End a dock, also where it is open."""
        await self._chat.docks.revoke(current_channel().id, current_actor(), dock_id)
        return say(redirect_to(_here()), "The dock is revoked: it is closed wherever it was open.")

    async def _show(self, form: Form[Any], *, made: str = "", status: int = 200) -> Response:
        channel = current_channel()
        base = f"{platform().site.url.rstrip('/')}/p/chat/{channel.slug}"
        response = await page(
            "chat/obs.html",
            status=status,
            channel=channel,
            docks=await self._chat.docks.of(channel.id, current_actor()),
            form=form,
            dock=f"{base}/dock?token={made}" if made else "",
            overlay=f"{base}/overlay?token={made}" if made else "",
            plain=f"{base}/overlay",
            here=_here(),
            base=f"/p/chat/{channel.slug}",
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @hide
    @allow(Access.CHANNEL, as_guest=True)
    async def dock(self, slug: str) -> Response:
        """The chat for a dock of OBS, signed in by the token alone."""
        return await self._alone("dock")

    @hide
    @allow(Access.CHANNEL, as_guest=True)
    async def overlay(self, slug: str) -> Response:
        """The messages alone, large and on nothing: for a browser source. Without a token it reads as a guest."""
        return await self._alone("overlay")

    async def _alone(self, place: Literal["dock", "overlay"]) -> Response:
        try:
            await limit("chat.dock", 120, timedelta(minutes=1))
            response = await self._opened(place, request.args.get("token", ""))
        except Refusal as refusal:
            response = await page(
                "chat/dock_gone.html",
                status=refusal.status,
                framed=True,
                theme=_chosen("theme", THEMES),
                why=str(refusal),
            )
        # the address holds the token: nobody may keep it, and no link may tell it
        response.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
        return response

    async def _opened(self, place: Literal["dock", "overlay"], token: str) -> Response:
        channel, actor = current_channel(), await self._who(token, place)
        panel = await self._panels.panel(
            channel.id,
            channel.slug,
            channel.name,
            actor,
            next_page=f"/p/chat/{channel.slug}",
            place=place,
            dock=_power(actor),
        )
        return await page(
            f"chat/{place}.html",
            framed=True,
            panel=panel,
            channel=channel,
            token=token,
            theme=_chosen("theme", THEMES),
            size=_chosen("size", SIZES),
            csrf=Markup,  # there is no session that another site could use
        )

    async def _who(self, token: str, place: str) -> Actor:
        if token:
            return await self._chat.docks.open(current_channel().id, token)
        if place == "dock":
            raise Invalid("This address lacks its token. Make a dock on the page “Chat in OBS” of the chat.")
        return GUEST


def _here() -> str:
    return f"/p/chat/{current_channel().slug}/obs"


def _chosen(name: str, offered: tuple[str, ...]) -> str:
    """A choice out of the address; the first one when it says nothing that is offered."""
    wanted = request.args.get(name, "")
    return wanted if wanted in offered else offered[0]


def _power(actor: Actor) -> str:
    if actor.signed_in and actor.has_scope(Scope.MODERATE):
        return "moderate"
    return "write" if actor.signed_in and actor.has_scope(Scope.CHAT_WRITE) else "read"
