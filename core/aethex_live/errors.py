"""The platform's own errors: one tree, one sentence each."""

from __future__ import annotations

import math


class AethexError(Exception):
    """Anything that the platform itself refuses or reports; its text is a sentence for a person."""


class StartError(AethexError):
    """The platform can't start; the command prints the sentence and ends with exit code 2."""


class ConfigError(StartError):
    """A setting is wrong; the sentence names the setting, its source and what would be right."""


class PluginError(AethexError):
    """A plugin can't be used; the sentence names the plugin, the reason and the next step."""


class Refusal(AethexError):
    """A person's request is refused; pages show the sentence, the API answers it as a problem.

    `field` names the form field that the sentence belongs to; `code` is a stable word for clients;
    `status` is the HTTP status of the answer; `retry_after` is in seconds.
    """

    status = 400
    code = "refused"

    def __init__(
        self,
        sentence: str,
        *,
        field: str | None = None,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(sentence)
        self.field = field
        self.code = code or type(self).code
        # in hundredths, rounded up: whoever waits as long is let in, and all answers give the same figure
        self.retry_after = None if retry_after is None else math.ceil(retry_after * 100 - 1e-6) / 100

    @property
    def whole_seconds(self) -> int | None:
        """`retry_after` in whole seconds, never less: for the header Retry-After and for sentences."""
        return None if self.retry_after is None else max(1, math.ceil(self.retry_after))


class Invalid(Refusal):
    """What was sent has not the form that is asked for."""

    status = 422
    code = "invalid"


class Unauthenticated(Refusal):
    """The request needs a signed-in account."""

    status = 401
    code = "sign-in-needed"


class Forbidden(Refusal):
    """The account may not do this."""

    status = 403
    code = "forbidden"


class NotFound(Refusal):
    """There is no such thing, or none that the account may see."""

    status = 404
    code = "not-found"


class Conflict(Refusal):
    """The thing is in another state than the request takes for granted."""

    status = 409
    code = "conflict"


class TooMany(Refusal):
    """Too many requests; `retry_after` says in seconds when the next one is taken."""

    status = 429
    code = "too-many-requests"


class Unavailable(Refusal):
    """A part that the request needs does not answer at the moment."""

    status = 503
    code = "unavailable"
