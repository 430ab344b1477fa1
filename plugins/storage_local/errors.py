"""What a disk can refuse, as the storage contract's errors."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from aethex_live.providers import NotFound, ProviderError, Unavailable

PROVIDER = "local"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def missing(key: str, operation: str) -> NotFound:
    """The error for an object that is not there."""
    return NotFound(f"There is no stored file {key!r}.", provider=PROVIDER, operation=operation)


@contextmanager
def disk_errors(operation: str) -> Iterator[None]:
    """Turn what the operating system refuses inside the block into Unavailable with a sentence."""
    try:
        yield
    except OSError as error:
        raise _refusal(error, operation) from error


def _refusal(error: OSError, operation: str) -> ProviderError:
    if error.errno in _FULL:
        sentence = "The disk of this site's files is full: nothing was stored. Free some space, then try again."
    else:
        reason = error.strerror or type(error).__name__
        sentence = f"The folder of this site's files can't be used ({reason}): check the disk and its rights."
    code = errno.errorcode.get(error.errno or 0)
    return Unavailable(sentence, provider=PROVIDER, operation=operation, code=code)
