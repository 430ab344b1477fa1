"""Pages of the second step and of passkeys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response

from aethex_live.errors import Refusal
from aethex_live.web import Access, Form, allow, limit, page, read_form, redirect_to, require_proof

from .parts import Parts
from .view_common import SECURITY, TEN_MINUTES, back, me, user_id


class CodeForm(BaseModel):
    """A code of the app."""

    code: str = Field(min_length=1, max_length=20)


class NameForm(BaseModel):
    """The name of a passkey."""

    name: str = Field(min_length=1, max_length=50)


class Pages:
    """Views; each is marked with who may call it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("auth_local", __name__, url_prefix="/p/auth_local")
        routes.add_url_rule("/two-step", view_func=self.two_step, methods=["GET"])
        routes.add_url_rule("/two-step", view_func=self.switch_on, methods=["POST"])
        routes.add_url_rule("/two-step/off", view_func=self.switch_off, methods=["POST"])
        routes.add_url_rule("/two-step/codes", view_func=self.codes, methods=["POST"])
        routes.add_url_rule("/passkeys/<uuid:passkey_id>/name", view_func=self.rename, methods=["POST"])
        routes.add_url_rule("/passkeys/<uuid:passkey_id>/remove", view_func=self.remove, methods=["POST"])
        return routes

    @allow(Access.SIGNED_IN)
    async def two_step(self) -> Response:
        """The code to scan, and the field for the first code."""
        await require_proof()
        return await self._show(Form[Any](values={}))

    @allow(Access.SIGNED_IN)
    async def switch_on(self) -> Response:
        """Switch codes on and show the recovery codes, once."""
        await require_proof("/p/auth_local/two-step")
        form = await read_form(CodeForm)
        if form.data is None:
            return await self._show(form, 422)
        try:
            await limit("second-step", 10, TEN_MINUTES)
            codes = await self._parts.two_step.confirm(user_id(), form.data.code)
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show(form, refusal.status)
        return await _show_codes(codes)

    @allow(Access.SIGNED_IN)
    async def switch_off(self) -> Response:
        """Ask for no codes any more."""
        await require_proof("/settings")
        await self._parts.two_step.end(user_id())
        return back("Signing in does not ask for a code any more.")

    @allow(Access.SIGNED_IN)
    async def codes(self) -> Response:
        """Make new recovery codes and show them, once."""
        await require_proof("/settings")
        return await _show_codes(await self._parts.two_step.renew_codes(user_id()))

    @allow(Access.SIGNED_IN)
    async def rename(self, passkey_id: UUID) -> Response:
        """Give a passkey another name."""
        form = await read_form(NameForm)
        if form.data is None:
            return back("Give the passkey a name of at most 50 characters.", "warn")
        await self._parts.passkeys.rename(user_id(), passkey_id, form.data.name)
        return back("The passkey has its new name.")

    @allow(Access.SIGNED_IN)
    async def remove(self, passkey_id: UUID) -> Response:
        """Remove a passkey."""
        await require_proof("/settings")
        await self._parts.passkeys.remove(user_id(), passkey_id)
        return back("The passkey is removed and opens nothing any more. Delete it on your device too.")

    async def _show(self, form: Form[Any], status: int = 200) -> Response:
        if await self._parts.two_step.is_on(user_id()):
            return redirect_to(SECURITY)
        setup = await self._parts.two_step.begin(await me())
        return await page("auth_local/two_step.html", status=status, form=form, setup=setup)


async def _show_codes(codes: list[str]) -> Response:
    response = await page("auth_local/codes.html", codes=codes)
    response.headers["Cache-Control"] = "no-store"
    return response
