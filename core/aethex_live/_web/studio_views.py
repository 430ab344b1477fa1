"""What the stream manager shows of a provider's health report."""

from __future__ import annotations

from collections.abc import Sequence

from aethex_live._web.views import ChartView, ConnectionView, Finding, HealthView, Series, Stat, Tone
from aethex_live.models import Broadcast
from aethex_live.providers.streaming import Endpoint, IngestHealth, LiveStatus

CODECS = {"avc1": "H.264", "mp4a": "AAC", "opus": "Opus"}
VERDICTS: dict[str, tuple[str, Tone]] = {
    "excellent": ("Excellent", "ok"),
    "good": ("Good", "ok"),
    "poor": ("Poor", "danger"),
    "none": ("Nothing comes in", "neutral"),
}
TONES: dict[str, Tone] = {"info": "accent", "warn": "warn", "bad": "danger"}
CONNECTIONS: dict[LiveStatus, tuple[str, Tone]] = {
    LiveStatus.IDLE: ("Waiting for your stream", "neutral"),
    LiveStatus.CONNECTING: ("Connecting", "accent"),
    LiveStatus.LIVE: ("Receiving", "ok"),
    LiveStatus.RECONNECTING: ("Reconnecting", "warn"),
}


def connection_view(
    endpoints: Sequence[Endpoint], health: IngestHealth | None, key: str | None, key_error: str
) -> ConnectionView:
    """The connection card."""
    state, tone = CONNECTIONS[health.status if health else LiveStatus.IDLE]
    secure = next((endpoint.url for endpoint in endpoints if endpoint.protocol == "rtmps"), "")
    return ConnectionView(
        server=endpoints[0].url, secure_server=secure, state=state, tone=tone, key=key, key_error=key_error
    )


def health_view(health: IngestHealth, topic: str) -> HealthView | None:
    """The health card; None while nothing comes in."""
    if health.status is LiveStatus.IDLE:
        return None
    verdict, tone = VERDICTS[health.verdict]
    return HealthView(
        verdict=verdict,
        tone=tone,
        findings=[Finding(text=finding.text, tone=TONES[finding.level]) for finding in health.findings],
        chart=_chart(health),
        facts=_facts(health),
        topic=topic,
    )


def _chart(health: IngestHealth) -> ChartView | None:
    values = [float(value) for value in health.bitrate_history]
    if len(values) < 2:
        return None
    step = health.interval.total_seconds()
    times = [f"−{round((len(values) - 1 - index) * step)} s" for index in range(len(values))]
    return ChartView(
        title="Bitrate", times=times, series=[Series(label="Bitrate", values=values, area=True)], unit="kb/s"
    )


def _facts(health: IngestHealth) -> list[Stat]:
    facts = []
    if health.width and health.height:
        rate = f"{health.height}p{round(health.fps)}" if health.fps else f"{health.width}×{health.height}"
        facts.append(Stat(label="Video", value=rate, id="video"))
    if health.bitrate_kbps is not None:
        facts.append(Stat(label="Bitrate", value=f"{health.bitrate_kbps:,} kb/s", id="bitrate"))
    if health.keyframe_interval is not None:
        facts.append(Stat(label="Keyframes", value=f"every {health.keyframe_interval:.1f} s", id="keyframes"))
    codecs = " + ".join(codec_name(codec) for codec in (health.video_codec, health.audio_codec) if codec)
    if codecs:
        facts.append(Stat(label="Codecs", value=codecs, id="codecs"))
    return facts


def codec_name(codec: str) -> str:
    """`avc1.42c01e` -> H.264; what is not known stands for itself."""
    return CODECS.get(codec.partition(".")[0].lower(), codec)


def stats_of(broadcast: Broadcast | None, viewers: int, topic: str) -> list[Stat]:
    """The strip of figures; empty while the channel is not live."""
    if broadcast is None:
        return []
    return [
        Stat(label="Watching now", value=f"{viewers:,}", icon="eye", id="viewers", topic=topic),
        Stat(label="Peak", value=f"{max(broadcast.peak_viewers, viewers):,}", icon="trending-up", id="peak"),
    ]


def health_message(health: IngestHealth) -> dict[str, object]:
    """The report as the studio's page hears it on its topic."""
    verdict, tone = VERDICTS[health.verdict]
    return {
        "status": health.status.value,
        "state": CONNECTIONS[health.status][0],
        "state_tone": CONNECTIONS[health.status][1],
        "verdict": verdict,
        "tone": tone,
        "findings": [{"text": finding.text, "tone": TONES[finding.level]} for finding in health.findings],
        "facts": [{"id": fact.id, "label": fact.label, "value": fact.value} for fact in _facts(health)],
        "bitrate": list(health.bitrate_history),
        "interval": health.interval.total_seconds(),
    }
