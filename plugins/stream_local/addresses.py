"""The addresses that creators are shown."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from aethex_live.providers.streaming import Endpoint

from .rtmp_server import RtmpServer
from .settings import StreamLocalSettings

_USUAL = {"rtmp": 1935, "rtmps": 443}


class Addresses:
    """Made up from the settings, where those don't name them."""

    def __init__(self, settings: StreamLocalSettings, site_url: str, rtmp: RtmpServer | None) -> None:
        self._settings, self._site_url, self._rtmp = settings, site_url, rtmp

    def endpoints(self, key: str) -> Sequence[Endpoint]:
        """RTMP first, then RTMPS where it is on."""
        found = [Endpoint(protocol="rtmp", url=self.rtmp(), key=key)]
        if (secure := self.rtmps()) is not None:
            found.append(Endpoint(protocol="rtmps", url=secure, key=key))
        return found

    def rtmp(self) -> str:
        """The server address of RTMP."""
        if self._settings.rtmp_url is not None:
            return self._settings.rtmp_url
        port = self._settings.rtmp_port
        if port == 0 and self._rtmp is not None and self._rtmp.listening:
            port = self._rtmp.port
        return self._made_up("rtmp", port)

    def rtmps(self) -> str | None:
        """The server address of RTMPS; None where it is off and no address was named."""
        if self._settings.rtmps_url is not None:
            return self._settings.rtmps_url
        port = self._settings.rtmps_port
        if port is None:
            return None
        if port == 0 and self._rtmp is not None:
            port = self._rtmp.secure_port or 0
        return self._made_up("rtmps", port)

    def _made_up(self, scheme: str, port: int) -> str:
        host = self._settings.rtmp_host
        if scheme == "rtmps" or host in ("0.0.0.0", "::", ""):  # noqa: S104  (compared, not bound)
            # a certificate is for a name, and the site's is the one that people know
            host = urlsplit(self._site_url).hostname or "127.0.0.1"
        place = f"[{host}]" if ":" in host else host
        return f"{scheme}://{place}{'' if port == _USUAL[scheme] else f':{port}'}/live"
