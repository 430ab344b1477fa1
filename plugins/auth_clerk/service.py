"""The auth provider "clerk": people sign in by Clerk's component in our page, and its token becomes a session here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from aethex_live.clock import Clock
from aethex_live.providers import AccessDenied, Invalid, NotFound
from aethex_live.providers.auth import AuthCap, AuthPolicy, BaseAuth, Frontend, Issuer, ProvenIdentity, ProvenSession
from aethex_live.providers.calls import Calls
from aethex_live.providers.webhooks import ProviderEvent, WebhookRejected, WebhookRequest

from .client import Client
from .errors import denied, silent
from .frontend import frontend
from .hooks import Hooks
from .instance import Instance
from .keys import FetchedKeys, FixedKey
from .settings import PROVIDER, AuthClerkSettings
from .tokens import SESSION, USER, BadToken, Expected, Keys, check

ISSUER = "clerk"
COOKIE = "__session"
log = logging.getLogger(__name__)


class ClerkAuth(BaseAuth):
    """Proves people by session tokens of one instance. A subject is Clerk's id of somebody, `user_…`."""

    name = PROVIDER

    def __init__(
        self, settings: AuthClerkSettings, instance: Instance, client: Client, clock: Clock, site_url: str
    ) -> None:
        """Raises NotConfigured for a secret of webhooks that is none, ValueError for a key that is none."""
        self._client = client
        self._clock = clock
        self._label = settings.label
        self._patience_s = settings.patience_s
        self._trust_email = settings.trust_email
        self._front = frontend(instance)
        self._expected = Expected(
            issuer=instance.frontend, parties=frozenset({site_url.rstrip("/"), *settings.authorized_parties})
        )
        self._keys: Keys = (
            FixedKey(settings.jwt_key)
            if settings.jwt_key
            else FetchedKeys(client.public_keys, clock, settings.keys_minutes * 60.0)
        )
        secrets = [one.get_secret_value() for one in settings.webhook_secrets if one.get_secret_value()]
        self._hooks = Hooks(secrets) if secrets else None
        self.policy = AuthPolicy(registration=settings.registration)
        told = {AuthCap.EVENTS} if secrets else set()
        self.capabilities: frozenset[AuthCap] = frozenset({AuthCap.EMBEDDED, AuthCap.REVOKE} | told)

    @property
    def calls(self) -> Calls:
        """Those that fail, if some do: the keys are had from another place than the rest."""
        return self._client.calls if self._client.key_calls.condition.healthy else self._client.key_calls

    def issuers(self) -> Sequence[Issuer]:
        """The one instance."""
        return [Issuer(key=ISSUER, label=self._label, healthy=self._client.key_calls.condition.healthy)]

    def issuer_of(self, subject: str) -> str | None:
        """The instance, for what is an id of somebody at Clerk: no two instances give the same one."""
        return ISSUER if USER.fullmatch(subject) else None

    def subject_of(self, issuer: str, name: str) -> str:
        """The id itself. Raises NotFound, Invalid."""
        if issuer != ISSUER:
            sentence = f"There is no issuer “{issuer[:40]}”: it is called {ISSUER}."
            raise NotFound(sentence, provider=PROVIDER, operation="subject_of")
        if not USER.fullmatch(name):
            raise Invalid("A subject is Clerk's user id, user_….", provider=PROVIDER, operation="subject_of")
        return name

    def frontend(self) -> Frontend:
        """Clerk's scripts, and what the page may load for them."""
        return self._front

    async def read_token(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> ProvenSession | None:
        """Whom a session token proves. Raises AccessDenied, Unavailable."""
        token = _token(headers, cookies)
        if not token:
            return None
        try:
            async with asyncio.timeout(self._patience_s):
                claims = await check(token, self._keys, self._expected, self._clock.now().timestamp())
        except TimeoutError:
            raise silent("read_token", "timeout") from None
        except BadToken as bad:
            log.info("a token of Clerk was refused: %s", bad)
            raise denied(str(bad)) from None
        return ProvenSession(
            identity=ProvenIdentity(provider=PROVIDER, subject=claims.user),
            session_id=claims.session,
            expires_at=claims.expires_at,
            verified_at=claims.verified_at,
        )

    async def look_up(self, subject: str) -> ProvenIdentity:
        """Name and address of somebody. Raises NotFound, Unavailable and other provider errors."""
        if not USER.fullmatch(subject):
            raise _nobody("look_up")
        try:
            async with asyncio.timeout(self._patience_s):
                told = await self._client.user(subject)
        except TimeoutError:
            raise silent("look_up", "timeout") from None
        except NotFound:
            raise _nobody("look_up") from None
        email, verified = _address(told)
        name, username = _name(told), told.get("username")
        return ProvenIdentity(
            provider=PROVIDER,
            subject=subject,
            email=email,
            email_verified=verified and self._trust_email,
            name=name,
            claims={"preferred_username": username} if isinstance(username, str) and username else {},
        )

    async def revoke_session(self, session_id: str) -> None:
        """End a session at Clerk. Raises provider errors."""
        if SESSION.fullmatch(session_id):
            await self._client.revoke(session_id)

    async def set_banned(self, subject: str, *, banned: bool) -> None:
        """Shut somebody out at Clerk, or let them in again. Raises NotFound and other provider errors."""
        if not USER.fullmatch(subject):
            raise _nobody("set_banned")
        try:
            await self._client.set_banned(subject, banned=banned)
        except NotFound:
            raise _nobody("set_banned") from None

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Accounts that changed, sessions that ended. Raises WebhookRejected."""
        if self._hooks is None:  # nothing can be proved without a secret
            raise WebhookRejected("signature")
        return self._hooks.parse(request)

    async def try_out(self) -> str:
        """Ask for the keys with the secret key and without; they are the same where both are of one instance."""
        own = {one.kid for one in await self._client.own_keys()}
        public = {one.kid for one in await self._client.public_keys()}
        if not own & public:
            sentence = (
                "secret_key and publishable_key are of two instances: copy both from the same page of "
                "dashboard.clerk.com into [plugins.auth_clerk]."
            )
            raise AccessDenied(sentence, provider=PROVIDER, operation="try_out", code="two-instances")
        hooks = "webhooks are verified" if self._hooks else "webhook_secrets is empty, so it tells nothing by itself"
        return f"Clerk takes the secret key, which is of the same instance as the publishable key; {hooks}."

    async def admit(self, invite: str) -> Literal["active", "pending"]:
        """The state of a new account by the setting `registration`. Raises AccessDenied."""
        if self.policy.registration == "closed":
            raise AccessDenied("This site takes no new accounts at the moment.", provider=PROVIDER, operation="admit")
        return "pending" if self.policy.registration == "approval" else "active"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _nobody(operation: str) -> NotFound:
    return NotFound("There is nobody of this id at Clerk.", provider=PROVIDER, operation=operation)


def _token(headers: Mapping[str, str], cookies: Mapping[str, str]) -> str:
    """What was handed in: the header counts before the cookie that Clerk's component sets on the site's host."""
    shown = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    scheme, _, token = shown.partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return cookies.get(COOKIE, "")


def _address(told: Mapping[str, Any]) -> tuple[str | None, bool]:
    """The primary address, and whether Clerk verified it."""
    rows = told.get("email_addresses")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("id") and row["id"] == told.get("primary_email_address_id"):
            address, verification = row.get("email_address"), row.get("verification")
            verified = isinstance(verification, dict) and verification.get("status") == "verified"
            return (address, verified) if isinstance(address, str) and address else (None, False)
    return None, False


def _name(told: Mapping[str, Any]) -> str | None:
    parts = [told.get(name) for name in ("first_name", "last_name")]
    return " ".join(part.strip() for part in parts if isinstance(part, str) and part.strip()) or None
