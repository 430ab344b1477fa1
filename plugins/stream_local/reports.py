"""An ingest's health as the core's contract has it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from aethex_live.providers.streaming import Finding, IngestHealth, LiveStatus

from . import health
from .beacon import IDLE
from .broadcast import Broadcast
from .ingest import LiveIngest


def health_of(ingest: LiveIngest | None) -> IngestHealth:
    """What comes in at this moment; idle where nothing does."""
    if ingest is None:
        return IDLE
    report = ingest.health()
    broadcast = ingest.broadcast
    packager = broadcast.packager if broadcast is not None else None
    video, audio = (packager.video, packager.audio) if packager is not None else (None, None)
    findings = [Finding(level=item.level, code=item.code, text=item.text) for item in report.remarks]
    return IngestHealth(
        status=LiveStatus(ingest.state.value),
        verdict=report.verdict,
        findings=[*findings, *_of_broadcast(broadcast)],
        bitrate_kbps=report.kbps,
        fps=report.fps,
        keyframe_interval=report.keyframe_interval,
        width=video.width if video else None,
        height=video.height if video else None,
        video_codec=video.codec if video else None,
        audio_codec=audio.codec if audio else None,
        bitrate_history=report.history,
        interval=timedelta(seconds=health.INTERVAL),
    )


def _of_broadcast(broadcast: Broadcast | None) -> Iterator[Finding]:
    """What this machine can't do for the broadcast; the creator should know, though they can't mend it."""
    if broadcast is None:
        return
    recorder = broadcast.recorder
    if recorder is not None and recorder.stopped:
        what = "The recording stopped" if recorder.begun else "This stream is not recorded"
        text = f"{what}: {recorder.stopped}. You stay live; tell the operator of the site."
        yield Finding(level="warn", code="not_recorded", text=text)
    if why := broadcast.why_no_ladder():
        text = f"Viewers get your own quality only: {why}."
        yield Finding(level="info", code="no_ladder", text=text)
