"""Pages behind links that were mailed, and the page that asks for one. A link changes nothing, its button does."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live.errors import NotFound, Refusal
from aethex_live.web import Access, Form, allow, client_address, page, read_form, redirect_to, say

from .links import CONFIRM, REVERT
from .models import Link
from .parts import Parts
from .view_common import TokenForm, back, limit_forgot, limit_links, user_id


class ForgotForm(BaseModel):
    """Whose password is lost."""

    email: str = Field(min_length=3, max_length=254)


class ResetForm(TokenForm):
    """A new password."""

    new_password: str = Field(min_length=1, max_length=1024)


class Pages:
    """Views; each is marked with who may call it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("auth_local_links", __name__, url_prefix="/p/auth_local")
        routes.add_url_rule("/forgot", view_func=self.forgot, methods=["GET"])
        routes.add_url_rule("/forgot", view_func=self.ask, methods=["POST"])
        routes.add_url_rule("/reset", view_func=self.reset, methods=["GET"])
        routes.add_url_rule("/reset", view_func=self.set_password, methods=["POST"])
        routes.add_url_rule("/address", view_func=self.address, methods=["GET"])
        routes.add_url_rule("/address", view_func=self.confirm, methods=["POST"])
        routes.add_url_rule("/address/resend", view_func=self.resend, methods=["POST"])
        routes.add_url_rule("/address/revert", view_func=self.old_address, methods=["GET"])
        routes.add_url_rule("/address/revert", view_func=self.revert, methods=["POST"])
        return routes

    @allow(Access.PUBLIC)
    async def forgot(self) -> Response:
        """The form that asks for a link."""
        return await page("auth_local/forgot.html", area="plain", form=Form[Any](values={}), sent=False)

    @allow(Access.PUBLIC)
    async def ask(self) -> Response:
        """Want a link; the answer is the same whether anybody has the address."""
        form = await read_form(ForgotForm)
        if form.data is None:
            return await page("auth_local/forgot.html", area="plain", status=422, form=form, sent=False)
        try:
            await limit_forgot(form.data.email, client_address())
            await self._parts.resets.ask(form.data.email)
        except Refusal as refusal:
            form.refuse(refusal)
            return await page("auth_local/forgot.html", area="plain", status=refusal.status, form=form, sent=False)
        return await page("auth_local/forgot.html", area="plain", form=Form[Any](values={}), sent=True)

    @allow(Access.PUBLIC)
    async def reset(self) -> Response:
        """The form for a new password."""
        await limit_links()
        token = request.args.get("t", "")
        link = await self._parts.resets.check(token)
        return await _private("auth_local/reset.html", token=token, form=Form[Any](values={}), link=link)

    @allow(Access.PUBLIC)
    async def set_password(self) -> Response:
        """Set it; all sessions end."""
        await limit_links()
        form = await read_form(ResetForm)
        token = form.values.get("t", "")
        try:
            if form.data is not None:
                await self._parts.resets.take(token, form.data.new_password)
                return say(redirect_to("/sign-in"), "Your new password is set. You are signed out everywhere; sign in.")
            link = await self._parts.resets.check(token)
        except NotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
            link = await self._parts.resets.check(token)
            return await _private("auth_local/reset.html", refusal.status, token=token, form=form, link=link)
        return await _private("auth_local/reset.html", 422, token=token, form=form, link=link)

    @allow(Access.PUBLIC)
    async def address(self) -> Response:
        """Asks whether the address is to be confirmed."""
        return await self._look(CONFIRM, "auth_local/address.html")

    @allow(Access.PUBLIC)
    async def confirm(self) -> Response:
        """The address counts from now on."""
        address = await self._parts.addresses.confirm(await _token())
        return say(redirect_to("/"), f"Your address {address} is confirmed.")

    @allow(Access.SIGNED_IN)
    async def resend(self) -> Response:
        """Mail the link again."""
        try:
            address = await self._parts.addresses.resend(user_id())
        except Refusal as refusal:
            return back(str(refusal), "warn")
        return back(f"We have sent a new link to {address}.")

    @allow(Access.PUBLIC)
    async def old_address(self) -> Response:
        """Asks whether the change is to be taken back."""
        return await self._look(REVERT, "auth_local/revert.html")

    @allow(Access.PUBLIC)
    async def revert(self) -> Response:
        """Take it back; all sessions end, and a link for a new password goes out."""
        address = await self._parts.addresses.revert(await _token())
        text = f"{address} is the address of your account again. Everyone is signed out; a link is on its way."
        return say(redirect_to("/sign-in"), text)

    async def _look(self, purpose: str, template: str) -> Response:
        await limit_links()
        token = request.args.get("t", "")
        link: Link = await self._parts.addresses.look(purpose, token)
        return await _private(template, token=token, link=link)


async def _token() -> str:
    await limit_links()
    form = await read_form(TokenForm)
    return form.data.t if form.data else ""


async def _private(template: str, status: int = 200, **context: Any) -> Response:
    """A page whose address is a secret: it is kept nowhere, and nobody learns it as the page before."""
    response = await page(template, status=status, area="plain", **context)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
