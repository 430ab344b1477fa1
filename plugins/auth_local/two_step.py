"""The second step of signing in: six digits of an authenticator app (RFC 6238), or a recovery code."""

from __future__ import annotations

import base64
import hmac
import secrets as chance
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pyotp
import segno

from aethex_live.errors import Conflict, Invalid
from aethex_live.models import User

from .models import Totp
from .post import Post
from .recovery import RecoveryCodes

if TYPE_CHECKING:
    from aethex_live import PluginContext

STEP_S = 30
_SECRET_BYTES = 20
BEGUN = timedelta(minutes=30)  # how long a QR code stays the same while somebody sets up the app
WRONG = "This code is not right. Check that the clock of your device is right, and type the code that is shown now."


@dataclass(frozen=True, slots=True)
class Setup:
    """What an app needs: a key to type, an address to scan, a picture of it (a data: address)."""

    key: str
    uri: str
    picture: str


class TwoStep:
    """Sets up, checks and ends the second step. The app's secret derives from the site's: no table holds it."""

    def __init__(self, context: PluginContext, codes: RecoveryCodes, post: Post) -> None:
        self._context = context
        self._codes = codes
        self._post = post

    async def is_on(self, user_id: UUID) -> bool:
        """Whether signing in asks for a code."""
        return await Totp.filter(user_id=user_id, confirmed_at__isnull=False).exists()

    async def begin(self, user: User) -> Setup:
        """What to scan; again within half an hour it is the same. Raises Conflict when it is on already."""
        now = self._context.clock.now()
        async with self._context.db.transaction():
            row = await Totp.select_for_update().get_or_none(user_id=user.id)
            if row is not None and row.confirmed_at is not None:
                raise Conflict("Your account asks for codes already; switch that off first to use another app.")
            if row is None or now - row.begun_at > BEGUN:
                await Totp.filter(user_id=user.id).delete()
                row = await Totp.create(user_id=user.id, salt=chance.token_hex(16), begun_at=now)
        key = self._key(row)
        uri = pyotp.TOTP(key).provisioning_uri(name=user.username, issuer_name=self._context.site.name)
        picture = segno.make(uri, error="m").svg_data_uri(scale=4, border=4, dark="#000", light="#fff")
        return Setup(" ".join(key[i : i + 4] for i in range(0, len(key), 4)), uri, picture)

    async def confirm(self, user_id: UUID, code: str) -> list[str]:
        """Switch it on by a first code; returns the recovery codes. Raises Invalid about `code`, Conflict."""
        async with self._context.db.transaction():
            row = await Totp.select_for_update().get_or_none(user_id=user_id, confirmed_at__isnull=True)
            if row is None:
                raise Conflict("Begin anew: there is nothing to confirm.")
            if not await self._take(row, _digits(code)):
                raise Invalid(WRONG, field="code", code="wrong-code")
            await Totp.filter(id=row.id).update(confirmed_at=self._context.clock.now())
            await self._post.tell(user_id, "security", what="Signing in asks for a code of your app from now on.")
            return await self._codes.renew(user_id)

    async def check(self, user_id: UUID, typed: str) -> bool:
        """Whether this is a code of now, or a recovery code; either is used up."""
        row = await Totp.get_or_none(user_id=user_id, confirmed_at__isnull=False)
        if row is None:
            return False
        digits = _digits(typed)
        if len(digits) == 6 and not any(letter.isalpha() for letter in typed):
            return await self._take(row, digits)
        async with self._context.db.transaction():
            if not await self._codes.take(user_id, typed):
                return False
            left = await self._codes.left(user_id)
            await self._post.tell(user_id, "security", what=f"A recovery code was used; {left} are left.")
        return True

    async def renew_codes(self, user_id: UUID) -> list[str]:
        """Ten new recovery codes. Raises Conflict when the second step is off."""
        if not await self.is_on(user_id):
            raise Conflict("Recovery codes belong to codes of an app; switch these on first.")
        async with self._context.db.transaction():
            await self._post.tell(user_id, "security", what="New recovery codes were made; the old ones are void.")
            return await self._codes.renew(user_id)

    async def end(self, user_id: UUID) -> None:
        """Switch it off."""
        async with self._context.db.transaction():
            if await Totp.filter(user_id=user_id, confirmed_at__isnull=False).delete():
                await self._post.tell(user_id, "security", what="Signing in does not ask for a code any more.")
            await self._codes.forget(user_id)

    async def codes_left(self, user_id: UUID) -> int:
        """How many recovery codes are left."""
        return await self._codes.left(user_id)

    async def _take(self, row: Totp, digits: str) -> bool:
        """The code of this half minute, the one before or the next; none twice, and none from before the last."""
        totp, step = pyotp.TOTP(self._key(row)), int(self._context.clock.now().timestamp()) // STEP_S
        for candidate in (step, step - 1, step + 1):
            if hmac.compare_digest(totp.at(candidate * STEP_S), digits):
                fresh = Totp.filter(id=row.id, last_step__lt=candidate)
                return bool(await fresh.update(last_step=candidate))
        return False

    def _key(self, row: Totp) -> str:
        secret = self._context.secrets.derive(f"totp:{row.user_id.hex}:{row.salt}", _SECRET_BYTES)
        return base64.b32encode(secret).decode()


def _digits(typed: str) -> str:
    return "".join(letter for letter in typed if letter in "0123456789")
