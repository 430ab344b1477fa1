"""Pages below /p/chat/my/: whom somebody blocked, and how they like their chats; forms that need no JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint, Response, request
from quart_schema import hide
from werkzeug.wrappers import Response as BaseResponse

from aethex_live.errors import Invalid, Refusal
from aethex_live.web import Access, Form, allow, current_actor, page, platform, read_form, redirect_to, say
from aethex_live.web.api import page_of, uuid_of
from aethex_live.web.pages import local_address
from aethex_live.web.request import is_fragment

from .preferences import COOKIE, Look

if TYPE_CHECKING:
    from .service import Chat

BASE = "/p/chat/my"  # no channel has an address of two letters
PAGE = 50
YEAR_S = 365 * 86400


class BlockForm(BaseModel):
    """Somebody, by their id or by their name as it is typed."""

    user: UUID | None = None
    username: str = ""
    next: str = ""


class MyPages:
    """The views; each is about the person who asks."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat_my", __name__, url_prefix=BASE)
        made.get("/blocks")(self.blocks)
        made.post("/blocks")(self.block)
        made.post("/unblock")(self.unblock)
        made.get("/look")(self.look)
        made.post("/look")(self.choose)
        return made

    @hide
    @allow(Access.SIGNED_IN)
    async def blocks(self) -> Response:
        """The list, each with a button that takes them off it."""
        return await self._blocks(Form[Any](values={}))

    async def _blocks(self, form: Form[Any], status: int = 200) -> Response:
        given = request.args.get("before")
        before = uuid_of(given, "before") if given else None
        found = await self._chat.blocks.list(current_actor(), before=before, limit=PAGE + 1)
        rows, cursor = page_of(found, PAGE, lambda row: row.id)
        return await page("chat/blocks.html", status=status, rows=rows, older=cursor, form=form, base=BASE)

    @hide
    @allow(Access.SIGNED_IN)
    async def block(self) -> Response | BaseResponse:
        """Block somebody, and go back."""
        form = await read_form(BlockForm)
        if form.data is None:
            return await self._blocks(form, 422)
        data, blocks = form.data, self._chat.blocks
        try:
            await blocks.block(current_actor(), data.user or await blocks.named(data.username))
        except Refusal as refusal:
            form.errors["username"] = str(refusal)
            return await self._blocks(form, refusal.status)
        return redirect_to(_back(data.next, "/blocks"))

    @hide
    @allow(Access.SIGNED_IN)
    async def unblock(self) -> Response | BaseResponse:
        """Take somebody off the list, and go back."""
        form = await read_form(BlockForm)
        if form.data is None or form.data.user is None:
            raise Invalid("Choose somebody from the list.", field="user")
        await self._chat.blocks.unblock(current_actor(), form.data.user)
        return redirect_to(_back(form.data.next, "/blocks"))

    @hide
    @allow(Access.PUBLIC)
    async def look(self) -> Response:
        """The form: in the chat's dialog, or as a page."""
        actor = current_actor()
        if actor.user_id:
            look = await self._chat.looks.of(actor.user_id)
        else:
            look = Look.of_cookie(request.cookies.get(COOKIE, ""))
        whole = "chat/look_page.html" if actor.signed_in else "chat/look_guest.html"
        template = "chat/look.html" if is_fragment() else whole
        return await page(template, look=look, base=BASE, next=_back(request.args.get("next", ""), "/look"))

    @hide
    @allow(Access.PUBLIC)
    async def choose(self) -> Response | BaseResponse:
        """Keep the choices: with the account, for guests in this browser."""
        posted = await request.form
        wanted = {name: posted[name] for name in Look.model_fields if name in posted}
        look = Look.of(wanted)
        if any(getattr(look, name) != value for name, value in wanted.items()):
            raise Invalid("Choose from the lists.", field="look")
        actor = current_actor()
        back = redirect_to(_back(posted.get("next", ""), "/look"))
        if actor.signed_in:
            await self._chat.looks.choose(actor, look)
        else:
            secure = platform().site.https
            back.set_cookie(COOKIE, look.as_cookie(), max_age=YEAR_S, samesite="Lax", secure=secure, httponly=True)
        return back if is_fragment() else say(back, "Your chats look so from now on.")


def _back(wanted: str, here: str) -> str:
    return local_address(wanted) or f"{BASE}{here}"
