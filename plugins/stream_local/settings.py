"""Settings of stream_local."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from aethex_live import PluginSettings

from .broadcast import HubSettings
from .ladder import RUNGS
from .packager import PackSettings


def _split(value: object) -> object:
    """`720p, 480p` of an environment variable as a list."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Rungs = Annotated[tuple[str, ...], BeforeValidator(_split)]


class StreamLocalSettings(PluginSettings):
    """Where encoders connect, how media is cut, what is kept, and how much is allowed."""

    rtmp_host: str = Field("127.0.0.1", description="address to take RTMP on; 0.0.0.0 is every interface")
    rtmp_port: int = Field(1935, ge=0, le=65535, description="TCP port of RTMP; 0 takes any free one")
    rtmp_url: str | None = Field(
        None,
        description="RTMP address that creators are shown, as rtmp://live.example/live; made up by default",
    )
    browser: bool = Field(True, description="let creators go live from a page, without an encoder")
    rtmps_port: int | None = Field(
        None, ge=0, le=65535, description="TCP port of RTMPS (RTMP over TLS); unset: none. 1936 is usual"
    )
    rtmps_certificate: Path | None = Field(None, description="PEM file of the certificate, with its chain")
    rtmps_key: Path | None = Field(None, description="PEM file of the certificate's key, without a password")
    rtmps_url: str | None = Field(
        None,
        description="RTMPS address that creators are shown, as rtmps://live.example:1936/live; made up by default",
    )
    public_url: str | None = Field(
        None,
        description="origin that players load media from, as https://media.example; else the site",
    )
    media: Path | None = Field(None, description="folder of the media; media in the data folder by default")
    part_seconds: float = Field(
        0.333, ge=0.1, le=1.0, description="length of a low-latency part; 0.2 shortens the delay by 0.3 s"
    )
    segment_seconds: float = Field(
        2.0, ge=1.0, le=6.0, description="length of a segment; it ends at the first keyframe after"
    )
    reconnect_seconds: float = Field(
        30.0, ge=0.0, le=600.0, description="how long a broadcast waits for an encoder whose connection broke"
    )
    reconnect_clean_seconds: float = Field(
        10.0, ge=0.0, le=600.0, description="how long it waits for an encoder that said goodbye"
    )
    refuse_after_end_seconds: float = Field(
        60.0,
        ge=0.0,
        le=3600.0,
        description="how long a channel takes no encoder after its stream was ended by hand",
    )
    max_publishers: int = Field(16, ge=1, le=1000, description="streams at once")
    max_hours: float = Field(12.0, gt=0.0, le=168.0, description="longest broadcast in hours")
    warn_kbps: int = Field(6000, ge=100, description="bitrate in kb/s above which creators are warned")
    max_kbps: int = Field(10_000, ge=100, description="bitrate in kb/s above which an encoder is cut off")
    record: bool = Field(True, description="keep broadcasts as recordings")
    dvr_minutes: float = Field(
        120.0, ge=0.0, le=1440.0, description="how far viewers can go back while a stream is live; 0: not at all"
    )
    ladder: Rungs = Field(
        (), description="smaller pictures to make of each stream with ffmpeg, such as 720p and 480p; none by default"
    )
    ladder_streams: int = Field(2, ge=1, le=100, description="streams for which smaller pictures are made at once")
    disk_floor_mb: int = Field(2048, ge=0, description="free disk space in MB below which recording stops")
    thumbnails: bool = Field(True, description="make still pictures, where there is an ffmpeg")
    waiting_per_address: int = Field(
        512, ge=1, description="requests of one address that may wait for the next part at once"
    )

    @field_validator("ladder")
    @classmethod
    def _are_rungs(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in RUNGS:
                raise ValueError(f"{name} is none of {', '.join(RUNGS)}")
        return tuple(name for name in RUNGS if name in names)

    @model_validator(mode="after")
    def _has_certificate(self) -> Self:
        if self.rtmps_port is not None and (self.rtmps_certificate is None or self.rtmps_key is None):
            raise ValueError("rtmps_port needs rtmps_certificate and rtmps_key: the PEM files of a certificate")
        return self

    @field_validator("public_url", "rtmp_url", "rtmps_url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url is not None and not (urlsplit(url).scheme and urlsplit(url).hostname):
            raise ValueError("it should be a whole address, with its scheme and host")
        return url.rstrip("/") if url is not None else None

    def hub(self, media: Path) -> HubSettings:
        """The same, as the streaming server wants it; `media` is where files go."""
        return HubSettings(
            media=media,
            pack=PackSettings(part=self.part_seconds, segment=self.segment_seconds),
            record=self.record,
            disk_floor=self.disk_floor_mb << 20,
            reconnect=self.reconnect_seconds,
            reconnect_clean=self.reconnect_clean_seconds,
            refuse_after_end=self.refuse_after_end_seconds,
            longest=self.max_hours * 3600,
            publishers=self.max_publishers,
            warn_kbps=self.warn_kbps,
            max_kbps=self.max_kbps,
            dvr=self.dvr_minutes * 60,
            linger=max(1800.0, self.dvr_minutes * 60),
        )
