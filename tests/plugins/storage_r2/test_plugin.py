"""What is R2's own: addresses of accounts, settings that are missing, keys that are deleted one by one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aethex_live.providers import AccessDenied, NotConfigured
from aethex_plugins.storage_r2 import StorageR2, endpoint_of
from buckets import Vendor, closing


def test_the_address_of_an_account():
    assert endpoint_of("0a1b", "") == "https://0a1b.r2.cloudflarestorage.com"
    assert endpoint_of("0a1b", "eu") == "https://0a1b.eu.r2.cloudflarestorage.com"


def test_settings_alone_are_a_word_about_it(plugin: Callable[..., StorageR2]):
    """The files of a provider that is no longer chosen can still be read."""
    assert [offer.name for offer in plugin(storage="local").storage_providers()] == ["r2"]


@pytest.mark.parametrize("name", ["account_id", "bucket", "access_key_id", "secret_access_key"])
def test_what_is_missing_says_which_and_where(plugin: Callable[..., StorageR2], name: str):
    (offer,) = plugin(**{name: ""}).storage_providers()
    with pytest.raises(NotConfigured) as caught:
        offer.build()
    told = str(caught.value)
    assert f"AETHEX_STORAGE_R2__{name.upper()}" in told
    assert "[plugins.storage_r2]" in told


async def test_keys_are_deleted_one_by_one_and_refusals_name_this_plugin(plugin: Callable[..., StorageR2]):
    async with Vendor() as vendor:
        (offer,) = plugin(endpoint=vendor.address).storage_providers()
        async with closing(offer.build()) as storage:
            await storage.delete("a", "b")
            assert sorted(vendor.asked) == ["DELETE /bucket/a", "DELETE /bucket/b"]
            vendor.refuse(403, "InvalidAccessKeyId")
            with pytest.raises(AccessDenied, match=r"plugins\.storage_r2"):
                await storage.put("a", b"1", content_type="text/plain")
