"""Types of settings: what they take and what they refuse, in a sentence and without the value."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import SecretStr, ValidationError

from aethex_live import PluginSettings
from aethex_live.providers.setting_types import ApiUrl, Line, MailAddress, MaybeApiUrl, begins


class Said(PluginSettings):
    """One setting of each type."""

    key: Annotated[SecretStr, begins("sk_")] = SecretStr("")
    sender: MailAddress = ""
    name: Line = ""
    api: ApiUrl = "https://api.example.com"
    other: MaybeApiUrl = ""


def test_good_values_are_taken_without_what_surrounds_them():
    said = Said.model_validate(
        {"key": " sk_1 ", "sender": "hello@example.org", "name": "My site", "api": "https://api.example.com/v4/"}
    )
    assert said.key.get_secret_value() == "sk_1"
    assert said.api == "https://api.example.com/v4"
    assert Said().key.get_secret_value() == Said().sender == ""


@pytest.mark.parametrize("here", ["http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9", "http://127.9.9.9"])
def test_an_api_on_this_machine_needs_no_encryption(here: str):
    assert Said(api=here).api == here


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "pk_1"),
        ("key", "sk_"),
        ("key", "sk_a b"),
        ("key", "sk_ä"),
        ("sender", "nobody"),
        ("sender", "a@example.org\nBcc: b@example.org"),
        ("name", "a\nb"),
        ("api", "http://api.example.com"),
        ("api", "http://127.0.0.1.example.com"),
        ("api", "http://localhost.example.com"),
        ("api", "https://user@api.example.com"),
        ("api", "https://api.example.com?key=1"),
        ("api", "api.example.com"),
        ("api", "ftp://127.0.0.1"),
        ("api", ""),
        ("other", "http://api.example.com"),
    ],
)
def test_bad_values_are_refused_in_a_sentence(field: str, value: str):
    with pytest.raises(ValidationError) as refused:
        Said.model_validate({field: value})
    (error,) = refused.value.errors()
    assert error["loc"] == (field,)
    assert "this" in error["msg"].lower()
