"""API of lost passwords, addresses and the second step."""

from __future__ import annotations

from quart import Blueprint
from quart_schema import tag, validate_request, validate_response

from aethex_live.web import Access, allow, client_address, is_proven, limit, require_proof
from aethex_live.web.access import CLOSED
from aethex_live.web.api import Done, refuses

from .api_models import AddressOut, Code, CodesOut, Forgot, Reset, SecurityOut, SetupOut, Token
from .parts import Parts
from .view_common import TEN_MINUTES, limit_forgot, limit_links, me, user_id


class Api:
    """Views; each is marked with who may call it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("auth_local_api", __name__, url_prefix="/api/v1")
        routes.add_url_rule("/password/forgot", view_func=self.forgot, methods=["POST"])
        routes.add_url_rule("/password/reset", view_func=self.reset, methods=["POST"])
        routes.add_url_rule("/address/confirm", view_func=self.confirm, methods=["POST"])
        routes.add_url_rule("/address/revert", view_func=self.revert, methods=["POST"])
        routes.add_url_rule("/me/address/resend", view_func=self.resend, methods=["POST"])
        routes.add_url_rule("/me/security", view_func=self.security, methods=["GET"])
        routes.add_url_rule("/me/two-step", view_func=self.begin, methods=["POST"])
        routes.add_url_rule("/me/two-step", view_func=self.end, methods=["DELETE"])
        routes.add_url_rule("/me/two-step/confirm", view_func=self.switch_on, methods=["POST"])
        routes.add_url_rule("/me/recovery-codes", view_func=self.codes, methods=["POST"])
        return routes

    @tag(["accounts"])
    @allow(Access.PUBLIC, scope=CLOSED)
    @validate_request(Forgot)
    @validate_response(Done)
    @refuses(422, 429)
    async def forgot(self, data: Forgot) -> Done:
        """Want a link for a new password. The answer is the same whether anybody has the address."""
        await limit_forgot(data.email, client_address())
        await self._parts.resets.ask(data.email)
        return Done()

    @tag(["accounts"])
    @allow(Access.PUBLIC, scope=CLOSED)
    @validate_request(Reset)
    @validate_response(Done)
    @refuses(404, 422, 429)
    async def reset(self, data: Reset) -> Done:
        """Set a new password by the token of a link; all sessions end."""
        await limit_links()
        await self._parts.resets.take(data.token, data.new_password)
        return Done()

    @tag(["accounts"])
    @allow(Access.PUBLIC, scope=CLOSED)
    @validate_request(Token)
    @validate_response(AddressOut)
    @refuses(404, 409, 422, 429)
    async def confirm(self, data: Token) -> AddressOut:
        """Confirm an address by the token of its link."""
        await limit_links()
        return AddressOut(email=await self._parts.addresses.confirm(data.token))

    @tag(["accounts"])
    @allow(Access.PUBLIC, scope=CLOSED)
    @validate_request(Token)
    @validate_response(AddressOut)
    @refuses(404, 409, 422, 429)
    async def revert(self, data: Token) -> AddressOut:
        """Take a change of the address back; all sessions end, and a link for a new password is mailed."""
        await limit_links()
        return AddressOut(email=await self._parts.addresses.revert(data.token))

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_response(AddressOut)
    @refuses(401, 409, 429)
    async def resend(self) -> AddressOut:
        """Mail the link again that confirms the address."""
        return AddressOut(email=await self._parts.addresses.resend(user_id()))

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_response(SecurityOut)
    @refuses(401)
    async def security(self) -> SecurityOut:
        """How the account is protected."""
        user, parts = await me(), self._parts
        return SecurityOut(
            email=user.email,
            email_verified=user.email_verified_at is not None,
            email_pending=await parts.addresses.pending(user.id),
            two_step=await parts.two_step.is_on(user.id),
            recovery_codes_left=await parts.two_step.codes_left(user.id),
            passkeys=len(await parts.passkeys.of(user.id)),
            proven=await is_proven(),
        )

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_response(SetupOut)
    @refuses(401, 403, 409)
    async def begin(self) -> SetupOut:
        """Begin to set up an authenticator app. Wants a proof of the last 15 minutes (POST /me/proof)."""
        await require_proof()
        setup = await self._parts.two_step.begin(await me())
        return SetupOut(key=setup.key, uri=setup.uri)

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_request(Code)
    @validate_response(CodesOut)
    @refuses(401, 403, 409, 422, 429)
    async def switch_on(self, data: Code) -> CodesOut:
        """Switch codes on by a first one; the answer holds the recovery codes, this once."""
        await require_proof()
        await limit("second-step", 10, TEN_MINUTES)
        return CodesOut(recovery_codes=await self._parts.two_step.confirm(user_id(), data.code))

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_response(Done)
    @refuses(401, 403)
    async def end(self) -> Done:
        """Switch codes off."""
        await require_proof()
        await self._parts.two_step.end(user_id())
        return Done()

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_response(CodesOut)
    @refuses(401, 403, 409)
    async def codes(self) -> CodesOut:
        """Ten new recovery codes; the old ones are void."""
        await require_proof()
        return CodesOut(recovery_codes=await self._parts.two_step.renew_codes(user_id()))
