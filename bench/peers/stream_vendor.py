"""The plugin that puts the fake vendor into a site: `plant` writes it beside the site's configuration."""

from __future__ import annotations

from pathlib import Path

NAME = "stream_vendor"
MANIFEST = f"""
name = "{NAME}"
title = "Fake vendor"
summary = "A streaming vendor in memory."
api = "1.0"
phase = 1
provides = ["streaming:vendor"]
"""
CODE = '''
"""A streaming vendor in memory."""
from collections.abc import Sequence

from pydantic import SecretStr

from aethex_live import Plugin, PluginSettings, hookimpl
from aethex_live.providers import Offer
from aethex_live.testing.fakes.vendor import FakeVendor


class Settings(PluginSettings):
    secrets: Sequence[SecretStr] = ()


class Vendor(Plugin):
    settings_class = Settings

    @hookimpl
    def streaming_providers(self):
        return [Offer("vendor", self.build)]

    def build(self):
        secrets = [secret.get_secret_value() for secret in self.context.settings.secrets]
        return FakeVendor(self.context.clock, secrets)
'''


def plant(folder: Path, secrets: list[str], *, more: str = "") -> Path:
    """Write the plugin and a configuration into a folder; the path of the configuration."""
    place = folder / "plugins" / NAME
    place.mkdir(parents=True)
    (place / "plugin.toml").write_text(MANIFEST)
    (place / "__init__.py").write_text(CODE)
    config = folder / "aethex.toml"
    listed = ", ".join(f'"{secret}"' for secret in secrets)
    config.write_text(f"{more}\n[plugins.{NAME}]\nsecrets = [{listed}]\n")
    return config
