"""Rules by which the vendor itself deletes what is old; those that others made in the bucket stay."""

from __future__ import annotations

import hashlib
from typing import Any

from aethex_live.providers import NotFound

from .client import Client

_NONE = "NoSuchLifecycleConfiguration"
_OURS = "aethex-"
_UNFINISHED_DAYS = 1


async def expire(client: Client, prefix: str, days: int) -> None:
    """Let objects below a prefix be deleted after so many days, parts of unfinished uploads after one."""
    rules = await _rules(client)
    wanted = rule(prefix, days)
    if wanted in rules:
        return
    kept = [one for one in rules if one.get("ID") != wanted["ID"]]
    # the call replaces all rules of the bucket
    configuration = {"Rules": [*kept, wanted]}
    await client.ask("expire", "put_bucket_lifecycle_configuration", {"LifecycleConfiguration": configuration})


def rule(prefix: str, days: int) -> dict[str, Any]:
    """The rule of a prefix; its id is the same however often it is made."""
    return {
        "ID": _OURS + hashlib.sha256(prefix.encode()).hexdigest()[:16],
        "Status": "Enabled",
        "Filter": {"Prefix": prefix},
        "Expiration": {"Days": days},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _UNFINISHED_DAYS},
    }


async def _rules(client: Client) -> list[dict[str, Any]]:
    try:
        answer = await client.ask("expire", "get_bucket_lifecycle_configuration", {})
    except NotFound as absent:
        if absent.code != _NONE:
            raise
        return []
    return list(answer.get("Rules", []))
