"""Errors that may leave a provider; a plugin maps its SDK's own errors to these."""

from __future__ import annotations

from aethex_live.errors import AethexError


class ProviderError(AethexError):
    """A provider's call failed.

    `retryable` says whether the same call (with the same idempotency key) may go through later;
    `retry_after` is in seconds; `code` is the provider's own word, safe to log.
    """

    retryable = False

    def __init__(
        self,
        sentence: str,
        *,
        provider: str,
        operation: str,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(sentence)
        self.provider = provider
        self.operation = operation
        self.code = code
        self.retry_after = retry_after


class NotConfigured(ProviderError):
    """A setting that the provider needs is missing or malformed."""


class AccessDenied(ProviderError):
    """The provider refuses the credentials: ours, or the person's at sign-in."""


class NotFound(ProviderError):
    """The provider has no such thing."""


class Conflict(ProviderError):
    """The request is right, the thing's state is not."""


class Invalid(ProviderError):
    """The provider calls the request malformed."""


class Declined(ProviderError):
    """A payment was declined; `code` is the reason and may be shown."""


class Unsupported(ProviderError):
    """The provider lacks the capability."""


class RateLimited(ProviderError):
    """Too many calls; later it may go through."""

    retryable = True


class Unavailable(ProviderError):
    """Time-out, refused connection or a failure on the other side."""

    retryable = True
