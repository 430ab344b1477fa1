"""storage_local: keeps files on this machine's disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.hookspecs.web import Mount
from aethex_live.jobs import Schedule
from aethex_live.providers import Offer
from aethex_live.providers.storage import StorageProvider

from .disk import Disk
from .http import ObjectFiles
from .links import BASE, Links
from .service import LocalStorage
from .settings import StorageLocalSettings

__all__ = ["StorageLocal"]


class StorageLocal(Plugin):
    """Offers the storage provider "local" and the address of its files."""

    settings_class = StorageLocalSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("StorageLocalSettings", context.settings)
        self._disk = Disk((self._settings.folder or context.site.data / "storage").resolve())
        self._links = Links(context.secrets)
        self._storage = LocalStorage(self._disk, self._links, context.clock)

    @hookimpl
    def storage_providers(self) -> Sequence[Offer[StorageProvider]]:
        """The provider."""
        return [Offer("local", lambda: self._storage)]

    @hookimpl
    def mounts(self) -> Sequence[Mount]:
        """The address of the files, in front of the pages."""
        files = ObjectFiles(self._storage, self._links, public_cache_s=self._settings.public_cache_s)
        return [Mount(prefix=BASE, app=files)]

    @hookimpl
    def schedules(self) -> Sequence[Schedule]:
        """Once a day the leftovers of interrupted uploads go."""
        return [Schedule(name="storage_local.sweep", every=timedelta(days=1), run=self._sweep)]

    async def _sweep(self) -> None:
        count = await asyncio.to_thread(self._disk.sweep)
        if count:
            self.context.log.info("removed %d leftovers of interrupted uploads", count)
