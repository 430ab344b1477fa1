"""Auth providers in memory: by password, on pages that nobody has to see, by a component that nobody has to load."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from aethex_live.providers import AccessDenied, Conflict, Invalid, NotFound
from aethex_live.providers.auth import (
    AuthCap,
    BaseAuth,
    Frontend,
    Issuer,
    ProvenIdentity,
    ProvenSession,
    SignInStart,
)

LEAST = 10  # characters of a password
LONGEST = 255  # of a name elsewhere


class FakeAuth(BaseAuth):
    """Keeps passwords in a dictionary, hashed far too fast for anything but a test."""

    name = "fake"
    capabilities = frozenset({AuthCap.PASSWORD, AuthCap.REGISTER, AuthCap.SET_PASSWORD})

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    async def check_password(self, subject: str, password: str) -> ProvenIdentity:
        """Prove by password."""
        if not hmac.compare_digest(self._secrets.get(subject, ""), _hash(password)):
            raise AccessDenied("The password is wrong.", provider=self.name, operation="check_password")
        return ProvenIdentity(provider=self.name, subject=subject)

    async def prepare_password(self, password: str, *, avoid: Sequence[str] = ()) -> str:
        """Turn a password into a storable secret."""
        if len(password) < LEAST or password.lower() in {word.lower() for word in avoid}:
            raise Invalid(
                f"Use at least {LEAST} characters, and not your name.",
                provider=self.name,
                operation="prepare_password",
            )
        return _hash(password)

    async def register(self, subject: str, prepared: str) -> ProvenIdentity:
        """Store a new subject."""
        if subject in self._secrets:
            raise Conflict("This subject is taken.", provider=self.name, operation="register")
        self._secrets[subject] = prepared
        return ProvenIdentity(provider=self.name, subject=subject)

    async def set_password(self, subject: str, prepared: str) -> None:
        """Replace the subject's password."""
        if subject not in self._secrets:
            raise NotFound("There is no such subject.", provider=self.name, operation="set_password")
        self._secrets[subject] = prepared

    async def delete_subject(self, subject: str) -> None:
        """Forget the subject."""
        self._secrets.pop(subject, None)

    async def aclose(self) -> None:
        """There is nothing to give back."""


class FakeElsewhere(BaseAuth):
    """Two issuers, Red and Blue. `arrive` is what their pages would do: somebody signs in there and comes back."""

    name = "elsewhere"
    capabilities = frozenset({AuthCap.REDIRECT})

    def __init__(self, labels: Mapping[str, str] | None = None) -> None:
        self._labels = dict(labels or {"red": "Red", "blue": "Blue"})
        self._codes: dict[str, tuple[str, str, str]] = {}

    def issuers(self) -> Sequence[Issuer]:
        """Both."""
        return [Issuer(key=key, label=label) for key, label in self._labels.items()]

    def issuer_of(self, subject: str) -> str | None:
        """What stands before the colon."""
        key, _, name = subject.partition(":")
        return key if key in self._labels and name else None

    def subject_of(self, issuer: str, name: str) -> str:
        """Issuer and name. Raises NotFound, Invalid."""
        self._known(issuer)
        if not 0 < len(name) <= LONGEST or not name.isprintable():
            raise Invalid("This is no name there.", provider=self.name, operation="subject_of")
        return f"{issuer}:{name}"

    async def begin_sign_in(self, issuer: str, *, return_url: str, fresh: bool = False) -> SignInStart:
        """Begin."""
        self._known(issuer)
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        wanted = {"state": state, "return": return_url, "challenge": _hash(verifier)}
        url = f"https://{issuer}.example/sign-in?{urlencode(wanted)}"
        return SignInStart(url=url, state=state, kept={"issuer": issuer, "state": state, "verifier": verifier})

    def arrive(self, start: SignInStart, name: str) -> Mapping[str, str]:
        """Sign in over there as `name`; returns the query that the browser comes back with."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = (start.kept["issuer"], name, _hash(start.kept["verifier"]))
        return {"code": code, "state": start.state}

    async def finish_sign_in(
        self, issuer: str, *, return_url: str, query: Mapping[str, str], kept: Mapping[str, str]
    ) -> ProvenIdentity:
        """Who came back."""
        self._known(issuer)
        if query.get("state") != kept.get("state") or kept.get("issuer") != issuer or "error" in query:
            raise self._denied()
        found = self._codes.pop(query.get("code", ""), None)
        if found is None or found[0] != issuer or found[2] != _hash(kept.get("verifier", "")):
            raise self._denied()
        return ProvenIdentity(provider=self.name, subject=self.subject_of(issuer, found[1]), name=found[1])

    def _known(self, issuer: str) -> None:
        if issuer not in self._labels:
            raise NotFound("There is no such issuer.", provider=self.name, operation="issuer")

    def _denied(self) -> AccessDenied:
        return AccessDenied("This sign-in does not hold.", provider=self.name, operation="finish_sign_in")


class FakeInside(BaseAuth):
    """A component in our page, without the component: `mint` is what it would hand in. It knows Ada and Grace."""

    name = "inside"
    capabilities = frozenset({AuthCap.EMBEDDED, AuthCap.REVOKE})

    def __init__(self) -> None:
        self.people = {"ada": "Ada Lovelace", "grace": "Grace Hopper"}
        self.banned: set[str] = set()
        self.revoked: list[str] = []
        self._tokens: dict[str, ProvenSession] = {}

    def issuers(self) -> Sequence[Issuer]:
        """Itself."""
        return [Issuer(key="inside", label="Inside")]

    def issuer_of(self, subject: str) -> str | None:
        """Itself, for what begins with its name."""
        return "inside" if subject.removeprefix("inside:") not in {subject, ""} else None

    def subject_of(self, issuer: str, name: str) -> str:
        """Raises NotFound, Invalid."""
        if issuer != "inside":
            raise NotFound("There is no such issuer.", provider=self.name, operation="subject_of")
        if not 0 < len(name) <= LONGEST or not name.isprintable():
            raise Invalid("This is no name there.", provider=self.name, operation="subject_of")
        return f"inside:{name}"

    def frontend(self) -> Frontend:
        """A module that is nowhere."""
        return Frontend(module="@inside/nowhere")

    def mint(self, name: str, *, session: str = "", verified_at: datetime | None = None) -> str:
        """Sign in over there; returns the token of a new session."""
        token = secrets.token_urlsafe(24)
        self._tokens[token] = ProvenSession(
            identity=ProvenIdentity(provider=self.name, subject=self.subject_of("inside", name)),
            session_id=session or secrets.token_urlsafe(8),
            expires_at=datetime.now(UTC) + timedelta(minutes=1),
            verified_at=verified_at,
        )
        return token

    async def read_token(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> ProvenSession | None:
        """Whom a token proves that it has minted. Raises AccessDenied."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            return None
        if (found := self._tokens.get(token)) is None:
            raise AccessDenied("This sign-in does not hold.", provider=self.name, operation="read_token")
        return found

    async def look_up(self, subject: str) -> ProvenIdentity:
        """Raises NotFound."""
        return ProvenIdentity(provider=self.name, subject=subject, name=self.people[self._known(subject)])

    async def revoke_session(self, session_id: str) -> None:
        """End a session."""
        self.revoked.append(session_id)

    async def set_banned(self, subject: str, *, banned: bool) -> None:
        """Shut somebody out. Raises NotFound."""
        name = self._known(subject)
        if banned:
            self.banned.add(name)
        else:
            self.banned.discard(name)

    def _known(self, subject: str) -> str:
        name = subject.removeprefix("inside:")
        if name not in self.people:
            raise NotFound("There is nobody of this name.", provider=self.name, operation="look_up")
        return name


def _hash(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
