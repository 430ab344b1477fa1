"""Recovery codes: ten, each once, for who lost the app. Shown when they are made, kept as keyed hashes."""

from __future__ import annotations

import hmac
import secrets as chance
from uuid import UUID

from aethex_live.secrets import Secrets

from .models import RecoveryCode

COUNT = 10
# no letters that are read as digits; ten of these are 50 bits
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH = 10


class RecoveryCodes:
    """Makes and takes codes."""

    def __init__(self, secrets: Secrets) -> None:
        self._key = secrets.derive("recovery codes")

    async def renew(self, user_id: UUID) -> list[str]:
        """Ten new codes, in the caller's transaction; the old ones end."""
        await RecoveryCode.filter(user_id=user_id).delete()
        codes: set[str] = set()
        while len(codes) < COUNT:
            codes.add("".join(chance.choice(_LETTERS) for _ in range(_LENGTH)))
        await RecoveryCode.bulk_create([RecoveryCode(user_id=user_id, code_hash=self._hash(code)) for code in codes])
        return [f"{code[:5]}-{code[5:]}" for code in sorted(codes)]

    async def take(self, user_id: UUID, typed: str) -> bool:
        """Whether this is a code that was left; it is not any more."""
        code = "".join(letter for letter in typed.upper() if letter.isalnum())
        if len(code) != _LENGTH:
            return False
        return bool(await RecoveryCode.filter(user_id=user_id, code_hash=self._hash(code)).delete())

    async def left(self, user_id: UUID) -> int:
        """How many codes are left."""
        return await RecoveryCode.filter(user_id=user_id).count()

    async def forget(self, user_id: UUID) -> None:
        """Delete all codes."""
        await RecoveryCode.filter(user_id=user_id).delete()

    def _hash(self, code: str) -> str:
        return hmac.new(self._key, code.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
