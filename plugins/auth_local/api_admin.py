"""API for operators: accounts that wait, invites."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint
from quart_schema import tag, validate_querystring, validate_request, validate_response

from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor, require_proof
from aethex_live.web.api import Done, Page, PageQuery, page_of, refuses

from .api_models import InviteNew, InviteOut, WaitingOut
from .models import Invite
from .parts import Parts


class AfterQuery(BaseModel):
    """Which part of a list that has the oldest first."""

    after: UUID | None = Field(default=None, description="`next` of the page before")
    limit: int = Field(default=20, ge=1, le=100)


class Api:
    """Views; each is marked with who may call it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("auth_local_api_admin", __name__, url_prefix="/api/v1/admin")
        routes.add_url_rule("/waiting", view_func=self.waiting, methods=["GET"])
        routes.add_url_rule("/waiting/<uuid:person_id>/admit", view_func=self.admit, methods=["POST"])
        routes.add_url_rule("/waiting/<uuid:person_id>/decline", view_func=self.decline, methods=["POST"])
        routes.add_url_rule("/invites", view_func=self.invites, methods=["GET"])
        routes.add_url_rule("/invites", view_func=self.invite, methods=["POST"])
        routes.add_url_rule("/invites/<uuid:invite_id>", view_func=self.revoke, methods=["DELETE"])
        return routes

    @tag(["admin"])
    @allow(Access.OPERATOR)
    @validate_querystring(AfterQuery)
    @validate_response(Page[WaitingOut])
    @refuses(401, 403, 422)
    async def waiting(self, query_args: AfterQuery) -> Page[WaitingOut]:
        """Accounts that wait to be let in, the oldest first."""
        rows = await self._parts.waiting.page(limit=query_args.limit + 1, after=query_args.after)
        shown, more = page_of(rows, query_args.limit, lambda row: row[0].id)
        items = [
            WaitingOut(id=user.id, username=user.username, email=address, created_at=user.created_at)
            for user, address in shown
        ]
        return Page(items=items, next=more)

    @tag(["admin"])
    @allow(Access.OPERATOR, scope=Scope.OPERATE)
    @validate_response(Done)
    @refuses(401, 403, 404)
    async def admit(self, person_id: UUID) -> Done:
        """Let somebody in; they are mailed."""
        await self._parts.waiting.admit(person_id, current_actor())
        return Done()

    @tag(["admin"])
    @allow(Access.OPERATOR, scope=Scope.OPERATE)
    @validate_response(Done)
    @refuses(401, 403, 404)
    async def decline(self, person_id: UUID) -> Done:
        """Decline somebody: the account is deleted, and they are mailed. A recent proof, or a token with the scope."""
        await require_proof(tokens=True)
        await self._parts.waiting.decline(person_id, current_actor())
        return Done()

    @tag(["admin"])
    @allow(Access.OPERATOR)
    @validate_querystring(PageQuery)
    @validate_response(Page[InviteOut])
    @refuses(401, 403, 422)
    async def invites(self, query_args: PageQuery) -> Page[InviteOut]:
        """Invites, newest first."""
        rows = await self._parts.invites.page(limit=query_args.limit + 1, before=query_args.before)
        shown, more = page_of(rows, query_args.limit, lambda row: row.id)
        return Page(items=[self._out(row) for row in shown], next=more)

    @tag(["admin"])
    @allow(Access.OPERATOR, scope=Scope.OPERATE)
    @validate_request(InviteNew)
    @validate_response(InviteOut, 201)
    @refuses(401, 403, 422)
    async def invite(self, data: InviteNew) -> tuple[InviteOut, int]:
        """Make an invite."""
        made = await self._parts.invites.make(current_actor(), uses=data.uses, days=data.days, note=data.note)
        return self._out(made), 201

    @tag(["admin"])
    @allow(Access.OPERATOR, scope=Scope.OPERATE)
    @validate_response(Done)
    @refuses(401, 403, 404)
    async def revoke(self, invite_id: UUID) -> Done:
        """Let an invite admit nobody any more."""
        await self._parts.invites.revoke(current_actor(), invite_id)
        return Done()

    def _out(self, row: Invite) -> InviteOut:
        invites = self._parts.invites
        return InviteOut(
            id=row.id,
            url=invites.address(row),
            note=row.note,
            uses_left=row.uses_left,
            used=row.used,
            made_at=row.made_at,
            expires_at=row.expires_at,
            good=invites.is_good(row),
        )
