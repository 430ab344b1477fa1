"""The operator's page: who waits to be let in, and invites."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live.errors import Refusal
from aethex_live.web import Access, Form, allow, current_actor, page, read_form, require_proof
from aethex_live.web.api import page_of, uuid_of

from .parts import Parts
from .view_common import back

ADDRESS = "/p/auth_local/admin"
PAGE = 30


class InviteForm(BaseModel):
    """A new invite."""

    uses: int = Field(default=1)
    days: int = Field(default=7)
    note: str = Field(default="", max_length=100)


class Pages:
    """Views; each is marked with who may call it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("auth_local_admin", __name__, url_prefix=ADDRESS)
        routes.add_url_rule("", view_func=self.show, methods=["GET"])
        routes.add_url_rule("/people/<uuid:person_id>/admit", view_func=self.admit, methods=["POST"])
        routes.add_url_rule("/people/<uuid:person_id>/decline", view_func=self.decline, methods=["POST"])
        routes.add_url_rule("/invites", view_func=self.invite, methods=["POST"])
        routes.add_url_rule("/invites/<uuid:invite_id>/revoke", view_func=self.revoke, methods=["POST"])
        return routes

    @allow(Access.OPERATOR)
    async def show(self) -> Response:
        """Who waits, and all invites."""
        return await self._show(Form[Any](values={}))

    @allow(Access.OPERATOR)
    async def admit(self, person_id: UUID) -> Response:
        """Let somebody in."""
        user = await self._parts.waiting.admit(person_id, current_actor())
        return back(f"{user.username} is let in.", to=ADDRESS)

    @allow(Access.OPERATOR)
    async def decline(self, person_id: UUID) -> Response:
        """Decline somebody; the account is deleted."""
        await require_proof(ADDRESS)
        user = await self._parts.waiting.decline(person_id, current_actor())
        return back(f"{user.username} is declined, and the account is deleted.", to=ADDRESS)

    @allow(Access.OPERATOR)
    async def invite(self) -> Response:
        """Make an invite."""
        form = await read_form(InviteForm)
        if form.data is None:
            return await self._show(form, 422)
        try:
            typed = form.data
            await self._parts.invites.make(current_actor(), uses=typed.uses, days=typed.days, note=typed.note)
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show(form, refusal.status)
        return back("The invite is made: copy its link.", to=f"{ADDRESS}#invites")

    @allow(Access.OPERATOR)
    async def revoke(self, invite_id: UUID) -> Response:
        """Take an invite back."""
        await self._parts.invites.revoke(current_actor(), invite_id)
        return back("The invite is revoked; who used it stays.", to=f"{ADDRESS}#invites")

    async def _show(self, form: Form[Any], status: int = 200) -> Response:
        invites = self._parts.invites
        after, before = request.args.get("after"), request.args.get("before")
        people, more_people = page_of(
            await self._parts.waiting.page(limit=PAGE + 1, after=uuid_of(after, "after") if after else None),
            PAGE,
            lambda row: row[0].id,
        )
        rows, more_invites = page_of(
            await invites.page(limit=PAGE + 1, before=uuid_of(before, "before") if before else None),
            PAGE,
            lambda row: row.id,
        )
        return await page(
            "auth_local/admin.html",
            status=status,
            form=Form(values={"uses": "1", "days": "7"} | dict(form.values), errors=form.errors),
            mode=self._parts.settings.registration,
            people=people,
            more_people=f"{ADDRESS}?after={more_people}" if more_people else None,
            invites=[(row, invites.address(row), invites.is_good(row)) for row in rows],
            more_invites=f"{ADDRESS}?before={more_invites}#invites" if more_invites else None,
        )
