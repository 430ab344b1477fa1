"""Pages of the modes of a chat, and of those that shield mode turns on: one form for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict
from quart import Blueprint, Response, request
from quart_schema import hide
from werkzeug.wrappers import Response as BaseResponse

from aethex_live.errors import Invalid
from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor, current_channel, page, read_form, redirect_to
from aethex_live.web.request import is_fragment

from .addresses import back, base, filled
from .api_models import ModesIn
from .modes import AGE_PRESETS, DELAY_PRESETS, SLOW_PRESETS, Modes
from .refusals import span

if TYPE_CHECKING:
    from .service import Chat


class ModesForm(ModesIn):
    """The modes; a switch that is off is not sent. What a browser adds to a form is no mistake here."""

    model_config = ConfigDict(extra="ignore")

    next: str = ""

    @property
    def modes(self) -> Modes:
        """The modes that it says."""
        return Modes(**self.model_dump(exclude={"next"}))


class ModePages:
    """The views. Each finds its channel by `slug`; who may do what is the service's rule."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def blueprint(self) -> Blueprint:
        """All routes."""
        made = Blueprint("chat_modes", __name__, url_prefix="/p/chat/<slug>")
        made.get("/modes")(self.modes)
        made.post("/modes")(self.set_modes)
        made.get("/shield/modes")(self.shield_modes)
        made.post("/shield/modes")(self.set_shield_modes)
        return made

    @hide
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    async def modes(self, slug: str) -> Response:
        """The form of the modes: in the chat's dialog, or as a page."""
        return await self._show_modes(await self._chat.modes(current_channel().id))

    async def _show_modes(
        self,
        modes: Modes,
        errors: Mapping[str, str] | None = None,
        status: int = 200,
        of: Literal["chat", "shield"] = "chat",
    ) -> Response:
        """The form of the modes that hold, or of those that shield mode turns on."""
        template = "chat/modes.html" if is_fragment() else "chat/modes_page.html"
        return await page(
            template,
            status=status,
            channel=current_channel(),
            modes=modes,
            of=of,
            errors=errors or {},
            slow=_lengths({*SLOW_PRESETS, modes.slow_s}, 1),
            ages=_lengths({*AGE_PRESETS, modes.min_age_minutes}, 60),
            delays=_lengths({*DELAY_PRESETS, modes.delay_s}, 1),
            follows=_lengths({*AGE_PRESETS, modes.follow_minutes}, 60),
            followers=modes.followers_only or self._chat.entitled.followers is not None,
            subscribers=modes.subscribers_only or self._chat.entitled.subscribers is not None,
            notes=self._chat.entitled.notes(modes),
            base=base(),
            next=back(request.args.get("next", "")),
        )

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def set_modes(self, slug: str) -> Response | BaseResponse:
        """Let other modes hold, and go back."""
        data: ModesForm = filled(await read_form(ModesForm))
        modes = data.modes
        try:
            await self._chat.mode_acts.change(current_channel().id, current_actor(), modes)
        except Invalid as refusal:
            return await self._show_modes(modes, {refusal.field or "slow_s": str(refusal)}, refusal.status)
        return redirect_to(back(data.next))

    @hide
    @allow(Access.CHANNEL_MODERATOR, scope=Scope.MODERATE)
    async def shield_modes(self, slug: str) -> Response:
        """The form of the modes that shield mode turns on."""
        return await self._show_modes((await self._chat.shield(current_channel().id)).preset, of="shield")

    @hide
    @allow(Access.CHANNEL_MODERATOR)
    async def set_shield_modes(self, slug: str) -> Response | BaseResponse:
        """Choose them, and go back."""
        data: ModesForm = filled(await read_form(ModesForm))
        modes = data.modes
        try:
            await self._chat.shield_acts.choose(current_channel().id, current_actor(), modes)
        except Invalid as refusal:
            errors = {refusal.field or "slow_s": str(refusal)}
            return await self._show_modes(modes, errors, refusal.status, of="shield")
        return redirect_to(back(data.next))


def _lengths(values: set[int], unit: int) -> list[tuple[int, str]]:
    """What a list of lengths offers, each with its words; `unit` in seconds."""
    return [(value, span(value * unit)) for value in sorted(values) if value > 0]
