"""Passkeys (WebAuthn): registering them, and proving who one is by them alone, with PIN or finger on the device."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import ipaddress
import secrets as chance
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from aethex_live.domain.names import check_line
from aethex_live.errors import Conflict, Invalid, NotFound, Unauthenticated
from aethex_live.models import User

from .models import Passkey
from .post import Post

if TYPE_CHECKING:
    from types import ModuleType

    from aethex_live import PluginContext

MOST = 20
CHALLENGE_S = 300
SIGN_IN = "sign-in"
_LONGEST_ID = 1400
NOT_HERE = "Passkeys need a site with a name and https; this one has an address of numbers, or none that is safe."
BROKEN = "This passkey could not be checked. Try again."
UNKNOWN = "This passkey is not known here; it may have been removed. Sign in another way."
CLONED = (
    "This passkey was refused: its counter says that it exists twice. Sign in another way, remove it in your settings "
    "and make a new one."
)


async def library() -> ModuleType:
    """The library, read in a thread at the first time: in the event loop it would hold everybody up."""
    return await asyncio.to_thread(importlib.import_module, f"{__package__}.ceremonies")


class Passkeys:
    """The ceremonies. A challenge is known to the cache for five minutes and taken once."""

    def __init__(self, context: PluginContext, post: Post) -> None:
        self._context = context
        self._post = post
        self._origin = context.site.url.rstrip("/")
        self._host = urlsplit(self._origin).hostname or ""

    @property
    def possible(self) -> bool:
        """Whether browsers take passkeys of this site: it has a name, and https (or is this machine)."""
        secure = self._origin.startswith("https:") or self._host == "localhost"
        return secure and not _is_number(self._host)

    async def of(self, user_id: UUID) -> list[Passkey]:
        """An account's passkeys, the oldest first."""
        return await Passkey.filter(user_id=user_id).order_by("id")

    async def begin_registering(self, user: User) -> dict[str, Any]:
        """What `navigator.credentials.create` takes. Raises Conflict above 20 and where they can't work."""
        self._check_possible()
        rows = await self.of(user.id)
        if len(rows) >= MOST:
            raise Conflict(f"An account has at most {MOST} passkeys; remove one that you don't use.")
        lib = await library()
        options = lib.generate_registration_options(
            rp_id=self._host,
            rp_name=self._context.site.name,
            user_id=user.id.bytes,
            user_name=user.username,
            user_display_name=user.display_name,
            challenge=await self._challenge(f"create:{user.id}"),
            exclude_credentials=[
                lib.PublicKeyCredentialDescriptor(id=lib.base64url_to_bytes(row.credential_id)) for row in rows
            ],
            authenticator_selection=lib.AuthenticatorSelectionCriteria(
                resident_key=lib.ResidentKeyRequirement.REQUIRED,
                user_verification=lib.UserVerificationRequirement.REQUIRED,
            ),
        )
        made: dict[str, Any] = orjson.loads(lib.options_to_json(options))
        return made

    async def register(self, user_id: UUID, credential: Mapping[str, Any], name: str) -> Passkey:
        """Keep the new passkey. Raises Invalid when it does not answer our challenge, Conflict when it is known."""
        self._check_possible()
        shown = check_line(name, field="name", most=50) or "Passkey"
        lib = await library()
        challenge = await self._take_challenge(credential, f"create:{user_id}")
        try:
            verified = lib.verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except Exception as error:  # noqa: BLE001 - whatever a crafted answer makes its parsers raise
            raise self._broken(error) from None
        known = lib.bytes_to_base64url(verified.credential_id)
        if len(known) > _LONGEST_ID or await Passkey.exists(credential_id=known):
            raise Conflict("This passkey is registered already.")
        async with self._context.db.transaction():
            row = await Passkey.create(
                user_id=user_id,
                credential_id=known,
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
                transports=_transports(credential),
                name=shown,
                made_at=self._context.clock.now(),
            )
            await self._post.tell(user_id, "security", what=f"The passkey “{shown}” was added to your account.")
        return row

    async def begin_proving(self, purpose: str) -> dict[str, Any]:
        """What `navigator.credentials.get` takes; `purpose` is SIGN_IN or the id of who proves it again."""
        self._check_possible()
        lib = await library()
        options = lib.generate_authentication_options(
            rp_id=self._host,
            challenge=await self._challenge(f"get:{purpose}"),
            user_verification=lib.UserVerificationRequirement.REQUIRED,
        )
        made: dict[str, Any] = orjson.loads(lib.options_to_json(options))
        return made

    async def prove(self, credential: Mapping[str, Any], purpose: str) -> UUID:
        """The account whose passkey this is. Raises Unauthenticated, Invalid for what answers no challenge of ours."""
        self._check_possible()
        challenge = await self._take_challenge(credential, f"get:{purpose}")
        known = credential.get("id")
        row = await Passkey.get_or_none(credential_id=known) if _is_plain(known) else None
        if row is None:
            raise Unauthenticated(UNKNOWN, code="unknown-passkey")
        count = self._verified(await library(), row, credential, challenge)
        await self._use(row, count)
        return row.user_id

    async def rename(self, user_id: UUID, passkey_id: UUID, name: str) -> None:
        """Change the name that is shown. Raises NotFound, Invalid about `name`."""
        shown = check_line(name, field="name", most=50, least=1)
        if not await Passkey.filter(id=passkey_id, user_id=user_id).update(name=shown):
            raise NotFound("There is no such passkey.")

    async def remove(self, user_id: UUID, passkey_id: UUID) -> None:
        """Let a passkey open nothing any more. Raises NotFound."""
        async with self._context.db.transaction():
            row = await Passkey.get_or_none(id=passkey_id, user_id=user_id)
            if row is None:
                raise NotFound("There is no such passkey.")
            await row.delete()
            await self._post.tell(user_id, "security", what=f"The passkey “{row.name}” was removed.")

    def _verified(self, lib: ModuleType, row: Passkey, credential: Mapping[str, Any], challenge: bytes) -> int:
        handle = (credential.get("response") or {}).get("userHandle")
        try:
            verified = lib.verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=row.public_key,
                credential_current_sign_count=0,  # the counter is looked at below, where a clone gets its own answer
                require_user_verification=True,
            )
            if handle is not None and lib.base64url_to_bytes(handle) != row.user_id.bytes:
                raise ValueError("it names somebody else")
        except Exception as error:  # noqa: BLE001 - whatever a crafted answer makes its parsers raise
            raise self._broken(error) from None
        return int(verified.new_sign_count)

    async def _use(self, row: Passkey, count: int) -> None:
        """Note the use. A counter that does not grow belongs to a copy: the passkey opens nothing from then on."""
        now = self._context.clock.now()
        copied = (count > 0 or row.sign_count > 0) and count <= row.sign_count
        fresh = Passkey.filter(id=row.id, sign_count=row.sign_count, cloned_at__isnull=True)
        if row.cloned_at is None and not copied and await fresh.update(sign_count=count, used_at=now):
            return
        async with self._context.db.transaction():
            if await Passkey.filter(id=row.id, cloned_at__isnull=True).update(cloned_at=now):
                told = f"The passkey “{row.name}” was refused: it seems to exist twice. Remove it and make a new one."
                await self._post.tell(row.user_id, "security", what=told)
        raise Unauthenticated(CLONED, code="cloned-passkey")

    async def _challenge(self, purpose: str) -> bytes:
        challenge = chance.token_bytes(32)
        await self._context.cache.set(_key(challenge), purpose, ex=CHALLENGE_S)
        return challenge

    async def _take_challenge(self, credential: Mapping[str, Any], purpose: str) -> bytes:
        lib = await library()
        try:
            client = lib.base64url_to_bytes(credential["response"]["clientDataJSON"])
            challenge: bytes = lib.parse_client_data_json(client).challenge
        except Exception as error:  # noqa: BLE001 - whatever a crafted answer makes its parsers raise
            raise self._broken(error) from None
        given = await self._context.cache.getdel(_key(challenge))
        if given != purpose.encode():
            raise Invalid("That took too long, or was answered already. Try again.", code="dead-challenge")
        return challenge

    def _broken(self, error: Exception) -> Invalid:
        self._context.log.info("A passkey could not be checked: %s", type(error).__name__)
        return Invalid(BROKEN, code="bad-passkey")

    def _check_possible(self) -> None:
        if not self.possible:
            raise Conflict(NOT_HERE)


def _is_plain(known: object) -> bool:
    return isinstance(known, str) and 0 < len(known) <= _LONGEST_ID and known.isascii() and "\0" not in known


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _key(challenge: bytes) -> str:
    return f"auth_local:challenge:{hashlib.sha256(challenge).hexdigest()}"


def _transports(credential: Mapping[str, Any]) -> list[str]:
    named = credential["response"].get("transports")
    return [str(name)[:20] for name in named[:6]] if isinstance(named, list) else []
