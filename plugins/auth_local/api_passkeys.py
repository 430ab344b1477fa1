"""API of passkeys: registering, signing in by one, proving again who one is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quart import Blueprint, Response, make_response
from quart_schema import tag, validate_request, validate_response

from aethex_live.errors import Unauthenticated
from aethex_live.providers.auth import ProvenIdentity
from aethex_live.web import Access, allow, client_address, current_actor, limit, note_proof, require_proof, sign_in
from aethex_live.web.access import CLOSED
from aethex_live.web.api import Done, refuses

from .api_models import Credential, NewPasskey, Options, PasskeyName, PasskeyOut, PasskeysOut
from .errors import PROVIDER
from .models import Passkey
from .parts import Parts
from .passkeys import SIGN_IN, UNKNOWN
from .view_common import TEN_MINUTES, me, user_id


class Api:
    """Views; each is marked with who may call it."""

    def __init__(self, parts: Parts) -> None:
        self._passkeys = parts.passkeys

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("auth_local_api_passkeys", __name__, url_prefix="/api/v1")
        routes.add_url_rule("/me/passkeys", view_func=self.mine, methods=["GET"])
        routes.add_url_rule("/me/passkeys", view_func=self.register, methods=["POST"])
        routes.add_url_rule("/me/passkeys/options", view_func=self.begin_registering, methods=["POST"])
        routes.add_url_rule("/me/passkeys/<uuid:passkey_id>", view_func=self.rename, methods=["PATCH"])
        routes.add_url_rule("/me/passkeys/<uuid:passkey_id>", view_func=self.remove, methods=["DELETE"])
        routes.add_url_rule("/session/passkey/options", view_func=self.begin_signing_in, methods=["POST"])
        routes.add_url_rule("/session/passkey", view_func=self.sign_in, methods=["POST"])
        routes.add_url_rule("/me/proof/passkey/options", view_func=self.begin_proving, methods=["POST"])
        routes.add_url_rule("/me/proof/passkey", view_func=self.prove, methods=["POST"])
        return routes

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_response(PasskeysOut)
    @refuses(401)
    async def mine(self) -> PasskeysOut:
        """The passkeys of the account that asks."""
        return PasskeysOut(items=[_out(row) for row in await self._passkeys.of(user_id())])

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_response(Options)
    @refuses(401, 403, 409, 429, 503)
    async def begin_registering(self) -> dict[str, Any]:
        """What `navigator.credentials.create` takes. Wants a proof of the last 15 minutes (POST /me/proof)."""
        await require_proof()
        await limit("auth_local.passkey", 30, TEN_MINUTES)
        return await self._passkeys.begin_registering(await me())

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_request(NewPasskey)
    @validate_response(PasskeyOut, 201)
    @refuses(401, 403, 409, 422, 503)
    async def register(self, data: NewPasskey) -> tuple[PasskeyOut, int]:
        """Keep a new passkey."""
        await require_proof()
        return _out(await self._passkeys.register(user_id(), data.credential, data.name)), 201

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_request(PasskeyName)
    @validate_response(Done)
    @refuses(401, 404, 422)
    async def rename(self, passkey_id: UUID, data: PasskeyName) -> Done:
        """Give a passkey another name."""
        await self._passkeys.rename(user_id(), passkey_id, data.name)
        return Done()

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_response(Done)
    @refuses(401, 403, 404)
    async def remove(self, passkey_id: UUID) -> Done:
        """Remove a passkey."""
        await require_proof()
        await self._passkeys.remove(user_id(), passkey_id)
        return Done()

    @tag(["accounts"])
    @allow(Access.PUBLIC, scope=CLOSED)
    @validate_response(Options)
    @refuses(429, 503)
    async def begin_signing_in(self) -> dict[str, Any]:
        """What `navigator.credentials.get` takes, for whatever passkey of this site the device has."""
        await limit("auth_local.passkey", 60, TEN_MINUTES, about=client_address())
        return await self._passkeys.begin_proving(SIGN_IN)

    @tag(["accounts"])
    @allow(Access.PUBLIC, scope=CLOSED)
    @validate_request(Credential)
    @refuses(401, 403, 422, 429, 503)
    async def sign_in(self, data: Credential) -> Response:
        """Sign in by passkey: the answer sets the session cookie. No second step: the device has asked for one."""
        await limit("sign-in", 30, TEN_MINUTES, about=client_address())
        person = await self._passkeys.prove(data.credential, SIGN_IN)
        response: Response = await make_response({"ok": True}, 201)  # type: ignore[assignment]  # a dict gives Quart's own
        return await sign_in(response, ProvenIdentity(provider=PROVIDER, subject=str(person)))

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_response(Options)
    @refuses(401, 429, 503)
    async def begin_proving(self) -> dict[str, Any]:
        """What `navigator.credentials.get` takes, to prove again who one is."""
        await limit("auth_local.passkey", 30, TEN_MINUTES)
        return await self._passkeys.begin_proving(str(user_id()))

    @tag(["accounts"])
    @allow(Access.SIGNED_IN, scope=CLOSED)
    @validate_request(Credential)
    @validate_response(Done)
    @refuses(401, 422, 429, 503)
    async def prove(self, data: Credential) -> Done:
        """Prove again who one is, by one's own passkey; what is sensitive is open for 15 minutes then."""
        await limit("auth_local.prove", 30, TEN_MINUTES)
        if await self._passkeys.prove(data.credential, str(user_id())) != current_actor().user_id:
            raise Unauthenticated(UNKNOWN, code="unknown-passkey")
        await note_proof()
        return Done()


def _out(row: Passkey) -> PasskeyOut:
    return PasskeyOut(
        id=row.id, name=row.name, made_at=row.made_at, used_at=row.used_at, refused=row.cloned_at is not None
    )
