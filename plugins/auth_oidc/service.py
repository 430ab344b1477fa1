"""The auth provider "oidc": authorization code with PKCE at any number of named issuers."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from aethex_live.clock import Clock
from aethex_live.providers import AccessDenied, Invalid, Unavailable
from aethex_live.providers.auth import AuthCap, AuthPolicy, BaseAuth, Issuer, ProvenIdentity, SignInStart
from aethex_live.providers.calls import Calls

from .errors import PROVIDER, declined, forged, silent, stale, unknown_issuer
from .issuers import IssuerClient
from .keys import UnknownKey
from .settings import AuthOidcSettings
from .tokens import LEEWAY_S, BadToken, Expected, check, check_sub
from .wire import Wire

LONGEST_CODE = 4096
NO = frozenset(
    {
        "access_denied",
        "login_required",
        "interaction_required",
        "consent_required",
        "account_selection_required",
    }
)
LATER = frozenset({"server_error", "temporarily_unavailable"})
_OF_ADDRESS = frozenset({"email", "email_verified"})  # these two belong together: nobody verified another's
log = logging.getLogger(__name__)


class Oidc(BaseAuth):
    """Proves people by what issuers say. A subject is the issuer's address, a space, and its `sub`."""

    name = PROVIDER
    capabilities = frozenset({AuthCap.REDIRECT})

    def __init__(self, settings: AuthOidcSettings, clock: Clock) -> None:
        self._clock = clock
        self._patience_s = settings.patience_s
        self._wire = Wire()
        self.policy = AuthPolicy(registration=settings.registration)
        more = {"patience_s": settings.patience_s, "remember_s": settings.discovery_minutes * 60.0}
        self._issuers = {
            key: IssuerClient(key, one, self._wire, clock, **more) for key, one in settings.issuers.items()
        }

    @property
    def calls(self) -> Calls:
        """Those of an issuer that fails, if one does: each has its own."""
        every = [one.calls for one in self._issuers.values()]
        return next((calls for calls in every if not calls.condition.healthy), every[0])

    def issuers(self) -> Sequence[Issuer]:
        """All issuers, in the order of the settings."""
        return [
            Issuer(key=key, label=one.settings.label, healthy=one.calls.condition.healthy)
            for key, one in self._issuers.items()
        ]

    def issuer_of(self, subject: str) -> str | None:
        """The key of the issuer whose address a subject begins with."""
        address, _, sub = subject.partition(" ")
        found = (key for key, one in self._issuers.items() if one.settings.issuer == address)
        return next(found, None) if sub else None

    def subject_of(self, issuer: str, name: str) -> str:
        """The subject of somebody's `sub`. Raises NotFound, Invalid."""
        one = self._issuer(issuer)
        try:
            return f"{one.settings.issuer} {check_sub(name)}"
        except BadToken:
            sentence = "A subject has 1 to 255 printable characters of ASCII."
            raise Invalid(sentence, provider=PROVIDER, operation="subject_of") from None

    async def begin_sign_in(self, issuer: str, *, return_url: str, fresh: bool = False) -> SignInStart:
        """Begin with new chance for state, nonce and verifier. Raises NotFound, Unavailable."""
        one = self._issuer(issuer)
        async with self._in_time(one, "begin_sign_in"):
            addresses = await one.metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        wanted = {
            "response_type": "code",
            "client_id": one.settings.client_id,
            "redirect_uri": return_url,
            "scope": " ".join(one.settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        if fresh:
            wanted |= {"prompt": "login", "max_age": "0"}
        kept = {"issuer": issuer, "state": state, "nonce": nonce, "verifier": verifier}
        if fresh:
            kept["since"] = str(self._now())
        return SignInStart(url=_with(addresses.authorization, wanted), state=state, kept=kept)

    async def finish_sign_in(
        self, issuer: str, *, return_url: str, query: Mapping[str, str], kept: Mapping[str, str]
    ) -> ProvenIdentity:
        """Who came back. Raises NotFound, AccessDenied, Unavailable."""
        one = self._issuer(issuer)
        try:
            async with self._in_time(one, "finish_sign_in"):
                code = await self._code(one, query, kept)
                claims = await self._claims(one, code, return_url, kept)
        except AccessDenied as refused:
            log.info("a return from issuer %s was refused: %s", issuer, refused.code)
            raise
        return _identity(one, claims)

    async def admit(self, invite: str) -> Literal["active", "pending"]:
        """The state of a new account by the setting `registration`. Raises AccessDenied."""
        if self.policy.registration == "closed":
            raise AccessDenied("This site takes no new accounts at the moment.", provider=PROVIDER, operation="admit")
        return "pending" if self.policy.registration == "approval" else "active"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def _code(self, one: IssuerClient, query: Mapping[str, str], kept: Mapping[str, str]) -> str:
        """The code of a return that answers our own start, from the issuer that was asked."""
        label = one.settings.label
        if kept.get("issuer") != one.key or not _same(query.get("state", ""), kept.get("state", "")):
            raise forged(label, "state")
        named = query.get("iss")
        if named != one.settings.issuer and (named is not None or (await one.metadata()).says_iss):
            raise forged(label, "iss")
        if error := query.get("error"):
            raise _refused(label, error)
        code = query.get("code", "")
        if not code or len(code) > LONGEST_CODE:
            raise forged(label, "no-code")
        return code

    async def _claims(
        self, one: IssuerClient, code: str, return_url: str, kept: Mapping[str, str]
    ) -> Mapping[str, Any]:
        tokens = await one.exchange(code, kept.get("verifier", ""), return_url)
        access = tokens.get("access_token")
        token = access if isinstance(access, str) else ""
        expected = Expected(
            issuer=one.settings.issuer,
            client_id=one.settings.client_id,
            nonce=kept.get("nonce", ""),
            algorithms=one.settings.algorithms,
            access_token=token,
            now=self._now(),
        )
        claims = await _checked(one, tokens["id_token"], expected)
        if since := kept.get("since"):
            _check_fresh(one, claims, int(since))
        return await _completed(one, claims, token)

    def _issuer(self, key: str) -> IssuerClient:
        if (found := self._issuers.get(key)) is None:
            raise unknown_issuer(key)
        return found

    def _in_time(self, one: IssuerClient, operation: str) -> _InTime:
        return _InTime(self._patience_s, one.settings.label, operation)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


class _InTime:
    """All calls of one page together take no longer than its visitor has patience."""

    def __init__(self, seconds: float, label: str, operation: str) -> None:
        self._timeout = asyncio.timeout(seconds)
        self._label, self._operation = label, operation

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        try:
            await self._timeout.__aexit__(*error)
        except TimeoutError:
            raise silent(self._label, self._operation, "timeout") from None


async def _checked(one: IssuerClient, token: object, expected: Expected) -> Mapping[str, Any]:
    """The claims; a key that is not known yet is looked for once more."""
    try:
        try:
            return check(token, await one.keys(), expected)
        except UnknownKey:
            return check(token, await one.keys(unknown=True), expected)
    except UnknownKey:
        raise forged(one.settings.label, "key") from None
    except BadToken as bad:
        raise forged(one.settings.label, str(bad)) from None


def _check_fresh(one: IssuerClient, claims: Mapping[str, Any], since: int) -> None:
    when = claims.get("auth_time")
    if when is None and one.settings.fresh == "asked":
        return
    if not isinstance(when, int | float) or when < since - LEEWAY_S:
        raise stale(one.settings.label)


async def _completed(one: IssuerClient, claims: Mapping[str, Any], token: str) -> Mapping[str, Any]:
    """With what the issuer tells at its userinfo address where the token itself is short of words."""
    wanted = {"email": "email", "profile": "name"}
    if not token or all(claims.get(claim) for scope, claim in wanted.items() if scope in one.settings.scopes):
        return claims
    try:
        more = await one.userinfo(token)
    except Unavailable:
        return claims  # who somebody is, is proved; what they are called can be typed
    if more and more.get("sub") != claims["sub"]:
        raise forged(one.settings.label, "userinfo")
    own = {name: value for name, value in more.items() if name not in _OF_ADDRESS or "email" not in claims}
    return {**own, **claims}


def _identity(one: IssuerClient, claims: Mapping[str, Any]) -> ProvenIdentity:
    email, name = claims.get("email"), claims.get("name")
    return ProvenIdentity(
        provider=PROVIDER,
        subject=f"{one.settings.issuer} {claims['sub']}",
        email=email if isinstance(email, str) else None,
        # some vendors say it as text
        email_verified=claims.get("email_verified") in (True, "true") and one.settings.trust_email,
        name=name if isinstance(name, str) else None,
        claims=claims,
    )


def _refused(label: str, error: str) -> AccessDenied | Unavailable:
    if error in NO:
        return declined(label)
    if error in LATER:
        return silent(label, "finish_sign_in", error)
    return forged(label, "error")


def _with(address: str, wanted: Mapping[str, str]) -> str:
    parts = urlsplit(address)
    query = "&".join(part for part in (parts.query, urlencode(wanted)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _same(one: str, other: str) -> bool:
    return bool(other) and hmac.compare_digest(one.encode(), other.encode())
