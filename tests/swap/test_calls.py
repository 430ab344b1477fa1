"""Each call that a plugin can make is valid by the vendor's own description, and no call is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aethex_live.providers.kinds import Kind
from needs import ROOT
from vendor_calls import ALL, VendorCalls, passed
from vendor_specs import stand_in

# plugins at vendors without a description of their API, and what judges their calls instead
OTHERS = {
    "auth_oidc": "OpenID Connect is a standard: two issuers, one of them written by others",
    "email_smtp": "SMTP is a standard: a real mail server (aiosmtpd)",
    "storage_s3": "S3 is what its SDK sends: a server that speaks S3 (moto), and the SDK's own signing asked backwards",
    "storage_r2": "R2 is S3",
}


@pytest.mark.parametrize("vendor", ALL, ids=lambda vendor: vendor.vendor)
async def test_every_call_is_valid_and_none_is_left_out(
    vendor: VendorCalls, record_property: Callable[[str, object], None]
) -> None:
    with stand_in(vendor.spec) as (guard, url), passed(vendor.folder) as lines:
        await vendor.make(url)
        seen: dict[str, list[Any]] = {}
        for call in guard.seen:
            known = guard.find(call.method, call.path)
            name = f"{call.method} {known.path if known else call.path}"
            seen.setdefault(name, []).extend(call.errors)
    record_property("calls", {"vendor": vendor.vendor, "calls": {name: not errors for name, errors in seen.items()}})
    record_property("beside", {"vendor": vendor.vendor, "calls": dict(vendor.beside)})
    assert {name: errors for name, errors in seen.items() if errors} == {}
    assert set(seen) == vendor.calls
    # every place of the source that asks for something was come by
    assert [said for site, said in vendor.sites().items() if site not in lines] == []


def test_every_plugin_at_a_vendor_is_judged_by_somebody() -> None:
    """A new plugin needs an entry in `vendor_calls.ALL`, or a reason why its vendor has no description."""
    embedded = {"auth_local", "email_outbox", "payments_sandbox", "storage_local", "stream_local"}
    prefixes = tuple(kind.prefix for kind in Kind)
    plugins = {path.parent.name for path in (ROOT / "plugins").glob("*/plugin.toml")}
    vendors = {name for name in plugins if name.startswith(prefixes)} - embedded
    assert vendors == {vendor.vendor for vendor in ALL} | set(OTHERS)
