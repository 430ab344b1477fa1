"""Sample view data: each page in the states that people meet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aethex_live._web import views as v

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
SITE = "http://127.0.0.1:8000"
CHAT = (Path(__file__).parent / "chat_sample.html").read_text("utf-8")
SLOTS = {"watch.sidebar": CHAT, "dashboard.chat": f'<div class="ax-panel">{CHAT}</div>'}


@dataclass(frozen=True)
class Sample:
    """A page to render: name for people, template, its view, its shell."""

    name: str
    template: str
    view: Any
    shell: v.ShellView
    address: str = "/"


def channel(slug: str, name: str, hue: int, **more: Any) -> v.ChannelView:
    return v.ChannelView(id=slug, slug=slug, name=name, hue=hue, language="en", language_name="English", **more)


NOVA = channel(
    "nova-wire",
    "Nova Wire",
    28,
    about="I build modular synthesizers on stream and break about half of them.\n\nTonight: an eight-band filter "
    "bank from bare boards to first sound. Bring questions, I read all of them.",
    owner_name="Nova",
    created_at=datetime(2021, 3, 1, tzinfo=UTC),
    videos=61,
    live=True,
)
OTHERS = [
    channel("haldor", "Haldor Vey", 130, live=True),
    channel("mistral-fm", "Mistral FM", 285, live=True),
    channel("octavia", "Octavia Lund", 85, live=True),
    channel("tomas-rook", "Tomás Rook", 350, live=True),
    channel("ghostlane", "ghostlane", 175, live=True),
    channel("ink-rain", "Ink & Rain", 255, live=True),
    channel("block-mayor", "Block Mayor", 150, live=True),
    channel("after-hours", "After Hours", 55, live=True),
]
TITLES = [
    ("Emberfall hardcore, no maps, no mercy. Day 9", "Games", 12431, 4.2),
    ("All night long: deep house from the roof", "Music", 6731, 2.9),
    ("Writing a database engine live, part 14: the query planner", "Software", 2057, 2.18),
    ("Viewers vs. International Master, open challenge", "Games", 5266, 2.73),
    ("Solo ranked to top 100, currently 112", "Games", 8405, 4.21),
    ("Painting tonight's sunset from your descriptions", "Art", 1120, 0.53),
    ("Chat designs the metro, I pay for it", "Games", 1467, 1.55),
    ("How touring musicians actually get paid", "Talk shows", 1702, 1.2),
]


def live(title: str, category: str, viewers: int, hours: float, key: str) -> v.LiveView:
    return v.LiveView(
        broadcast_id=f"broadcast-{key}",
        title=title,
        started_at=NOW - timedelta(hours=hours),
        viewers=viewers,
        category=category,
        topic=f"viewers:{key}",
        state_topic=f"channel:{key}",
    )


NOVA_LIVE = live("Night patch: building a filter bank from scratch", "Music", 4812, 1.7025, "nova-wire")
CARDS = [
    v.LiveCard(
        channel=one,
        live=live(*facts, one.slug),
        thumbnail=f"/sample/{one.slug}.svg" if index != 2 else None,
    )
    for index, (one, facts) in enumerate(zip(OTHERS, TITLES, strict=True))
]
CARDS.insert(1, v.LiveCard(channel=NOVA, live=NOVA_LIVE, thumbnail="/sample/nova-wire.svg"))


def video(key: str, title: str, days: float, seconds: float, thumbnail: bool = True, **more: Any) -> v.VideoCard:
    owner = replace(NOVA, live=False)
    picture = f"/sample/{key}.svg" if thumbnail else None
    return v.VideoCard(
        id=key,
        title=title,
        channel=owner,
        created_at=NOW - timedelta(days=days),
        duration_s=seconds,
        thumbnail=picture,
        size=2_700_000_000,
        **more,
    )


VIDEOS = [
    video("v1", "Everything I patched in October, and what I would do again", 2, 10694),
    video("v2", "Live set: sixteen oscillators and one envelope", 5, 6242),
    video("v3", "Talking with Orbit Jane about cheap spring reverbs", 12, 4344, thumbnail=False),
    video("v4", "Writing firmware for a quantizer", 40, 12051),
]
VIEWER = v.Viewer(
    name="Ada Brandt",
    username="ada_b",
    hue=320,
    channels=[v.NavItem(label="Nova Wire", href="/studio/nova-wire", icon="radio")],
    home="/nova-wire",
)
OPERATOR = replace(VIEWER, name="Kit Sommer", username="kit", hue=55, operator=True)
RAIL = [
    v.RailSection(
        heading="Live now",
        channels=[
            *(
                v.RailItem(
                    name=card.channel.name,
                    href=card.href,
                    hue=card.channel.hue,
                    note=card.live.category,
                    viewers=card.live.viewers,
                    topic=card.live.topic,
                )
                for card in CARDS
            ),
            v.RailItem(name="Wren Abara", href="/wren", hue=160, note="Last live yesterday"),
        ],
    )
]


def nav(*entries: tuple[str, str, str], current: str) -> list[v.NavItem]:
    return [v.NavItem(label=label, href=href, icon=icon, current=href == current) for label, href, icon in entries]


def shell(path: str, viewer: v.Viewer | None = VIEWER, **more: Any) -> v.ShellView:
    entries = [("Home", "/", "house")]
    if viewer:
        entries += [("Studio", "/studio", "radio-tower"), ("Settings", "/settings", "settings")]
    return v.ShellView(path=path, viewer=viewer, nav=nav(*entries, current=path), rail=RAIL, **more)


def studio(path: str, **more: Any) -> v.ShellView:
    entries = [
        ("Stream", "/studio/nova-wire", "radio-tower"),
        ("Videos", "/studio/nova-wire/videos", "clapperboard"),
        ("Channel settings", "/studio/nova-wire/settings", "settings"),
    ]
    return v.ShellView(area="studio", path=path, viewer=VIEWER, nav=nav(*entries, current=path), channel=NOVA, **more)


def admin(path: str, **more: Any) -> v.ShellView:
    entries = [("Plugins", "/admin/plugins", "blocks"), ("Mails", "/admin/mails", "mail")]
    return v.ShellView(area="admin", path=path, viewer=OPERATOR, nav=nav(*entries, current=path), **more)


def plain(path: str) -> v.ShellView:
    return v.ShellView(area="plain", path=path)


PLAYER = v.PlayerView(
    kind="live",
    title=NOVA_LIVE.title,
    sources=[v.Source(url="/live/1/2/ll.m3u8", kind="ll-hls"), v.Source(url="/live/1/2/index.m3u8", kind="hls")],
    poster="/sample/nova-wire.svg",
    started_at=NOVA_LIVE.started_at,
    broadcast_id=NOVA_LIVE.broadcast_id,
    topic="channel:nova-wire",
    last=12,
    epoch="a1",
    seen_topic="watching:nova-wire",
    autoplay=False,
)
RECORDING = v.PlayerView(
    kind="video",
    title=VIDEOS[0].title,
    sources=[v.Source(url="/vod/v1/index.m3u8", kind="hls")],
    poster="/sample/v1.svg",
    recording_id="v1",
    autoplay=False,
)


def bitrate() -> v.ChartView:
    points = 60
    values = [5980 + 90 * math.sin(i / 4) + 60 * math.sin(i * 1.7) for i in range(points)]
    times = [(NOW - timedelta(seconds=2 * (points - 1 - i))).strftime("%H:%M:%S") for i in range(points)]
    return v.ChartView(
        title="Bitrate of the last two minutes",
        times=times,
        series=[
            v.Series(label="Bitrate", values=values, area=True),
            v.Series(label="Target", values=[6000.0] * points),
        ],
        unit="kb/s",
        ceiling=8000,
    )


HEALTH = v.HealthView(
    verdict="Excellent",
    tone="ok",
    chart=bitrate(),
    facts=[
        v.Stat(label="Video", value="1080p60", id="video"),
        v.Stat(label="Keyframes", value="every 2.0 s", id="keyframes"),
        v.Stat(label="Codecs", value="H.264 + AAC", id="codecs"),
        v.Stat(label="Bitrate", value="6,012 kb/s", id="bitrate"),
    ],
    topic="studio:nova-wire",
)
POOR = replace(
    HEALTH,
    verdict="Poor",
    tone="danger",
    findings=[
        v.Finding(
            text="A keyframe comes every 8 s: viewers start late.",
            advice="Set the keyframe interval to 2 s in OBS.",
        ),
        v.Finding(text="Your upload is slow.", advice="Lower the bitrate to 4,500 kb/s in OBS.", tone="danger"),
    ],
)
CONNECTION = v.ConnectionView(server="rtmp://127.0.0.1:1935/live", state="Receiving", tone="ok")
CATEGORIES = [v.Option(value=name.lower(), label=name) for name in ("Music", "Games", "Software", "Talk shows", "Art")]
LANGUAGES = [
    v.Option(value=code, label=name) for code, name in (("en", "English"), ("de", "Deutsch"), ("ja", "日本語"))
]
DETAILS = v.FormView(values={"title": NOVA_LIVE.title, "category": "music", "language": "en"})


def manager(**more: Any) -> v.StudioView:
    base = v.StudioView(
        channel=NOVA,
        live=NOVA_LIVE,
        connection=CONNECTION,
        details=DETAILS,
        stats=[
            v.Stat(label="Watching now", value="4,812", icon="eye", note="+312 in 10 min", id="viewers", topic="v:1"),
            v.Stat(label="Peak", value="5,204", icon="trending-up", note="at 21:46", id="peak"),
            v.Stat(label="Chat messages", value="18.4K", icon="message-circle", note="74 per minute", id="chat"),
        ],
        preview=replace(PLAYER, muted=True, seen_topic=""),
        health=HEALTH,
        categories=CATEGORIES,
        languages=LANGUAGES,
        state_topic="channel:nova-wire",
    )
    return replace(base, **more)


def plugin(name: str, title: str, summary: str, icon: str, **more: Any) -> v.PluginRow:
    facts: dict[str, Any] = {"state": "Running", "shape": "healthy", "version": "0.1.0", "switch": True} | more
    return v.PluginRow(name=name, title=title, summary=summary, icon=icon, **facts)


def phases() -> list[v.PhaseView]:
    locked = "Chosen as a provider in aethex.toml, so it can't be turned off here."
    foundation = [
        plugin("auth_local", "Accounts of this site", "Sign up and in with a password", "key-round", locked=locked),
        plugin(
            "stream_local", "Streaming on this server", "RTMP in, low-latency HLS out", "radio-tower", locked=locked
        ),
        plugin(
            "chat",
            "Chat",
            "Rooms, replies, moderation",
            "message-circle",
            permissions=["Reads who watches a channel", "Writes 4 tables of its own", "Adds pages below /p/chat"],
            requires=["auth_local"],
        ),
        plugin(
            "profiles",
            "Profiles",
            "Names, avatars, bios",
            "contact-round",
            restart=True,
            switch=False,
            state="Off",
            shape="off",
        ),
    ]
    more = [
        plugin(
            "musicmode",
            "Music mode",
            "Now playing, DJ queue",
            "disc-3",
            state="Suspended",
            shape="broken",
            suspended=True,
            reason="Five failures in a row: KeyError in hooks.py, line 41.",
            next_step="Correct the plugin, then let it run again.",
        ),
        plugin(
            "clips",
            "Clips",
            "Cut a moment out of a stream",
            "scissors",
            state="Needs setup",
            shape="attention",
            reason="ffmpeg is missing.",
            next_step="Install aethex-live[media].",
        ),
        plugin(
            "polls",
            "Polls",
            "",
            "chart-no-axes-column",
            state="Incompatible",
            shape="off",
            switch=None,
            reason="It needs API 2.0, this site has 1.0.",
            next_step="Update AeThex LIVE.",
        ),
    ]
    return [
        v.PhaseView(number=1, title="Foundation", plugins=foundation),
        v.PhaseView(number=2, title="Multi-channel and discovery", plugins=[], open=False),
        v.PhaseView(number=5, title="Community and engagement", plugins=more),
    ]


PROVIDERS = [
    v.ProviderRow(kind="Sign-in", icon="key-round", chosen="Local", shape="healthy"),
    v.ProviderRow(
        kind="Streaming", icon="radio-tower", chosen="This server", shape="healthy", note="RTMP on port 1935"
    ),
    v.ProviderRow(kind="Storage", icon="hard-drive", chosen="Local disk", shape="healthy"),
    v.ProviderRow(kind="Payments", icon="credit-card", chosen="None", shape="off"),
    v.ProviderRow(
        kind="Email", icon="mail", chosen="Outbox", shape="attention", note="Mails are kept here, nothing is sent"
    ),
]
MAILS = [
    v.MailRow(
        id="m1",
        to="ada@example.org",
        subject="Confirm your address",
        created_at=NOW - timedelta(minutes=9),
        state="Kept",
        shape="healthy",
        text="Hello Ada,\n\nopen this link within a day:\nhttps://example.org/confirm/9f3c1b\n\nAeThex LIVE",
    ),
    v.MailRow(
        id="m2",
        to="someone.with.a.long.address@mail.example.org",
        subject="New sign-in from Firefox on Linux",
        created_at=NOW - timedelta(hours=3),
        state="Kept",
        shape="healthy",
    ),
    v.MailRow(
        id="m3",
        to="kit@example.org",
        subject="Your password was changed",
        created_at=NOW - timedelta(days=9),
        state="Failed",
        shape="broken",
        reason="The mail server refused the address.",
    ),
]
REFUSED = v.FormView(
    values={"username": "nova wire", "name": "Nova Wire", "slug": "nova wire", "email": "nova@"},
    errors={
        "": "The account could not be made.",
        "username": "Use letters, numbers, dashes and underscores, like nova-wire.",
        "slug": "Use small letters, numbers and dashes, like nova-wire.",
        "password": "That password is too short: use at least 8 characters.",
    },
)
SETTINGS_FORM = v.FormView(
    values={
        "name": "Nova Wire",
        "slug": "nova-wire",
        "hue": 28,
        "language": "en",
        "visibility": "public",
        "about": NOVA.about,
    }
)
SESSIONS = [
    v.SessionRow(id="s1", device="Firefox on Linux", address="127.0.0.1", seen_at=NOW, current=True),
    v.SessionRow(id="s2", device="Safari on iPhone", address="203.0.113.40", seen_at=NOW - timedelta(hours=30)),
]
RIGHTS = [
    v.Choice(value="chat.delete", label="Delete messages in the chat.", on=True),
    v.Choice(value="stream.end", label="End the stream."),
]
MODERATORS = [
    v.ModeratorRow(
        id="1", name="Nova's helper", username="nova_mods", hue=145, since=NOW - timedelta(days=200), rights=RIGHTS
    ),
    v.ModeratorRow(id="2", name="tessellate", username="tessellate", hue=190),
]


def all_samples() -> Iterator[Sample]:
    """Every page, in its usual state and in those that are easily forgotten."""
    yield from _public()
    yield from _studio()
    yield from _admin()
    for status, title, text in (
        (403, "That's not for you", "Only the channel's owner may open this page."),
        (404, "Nobody is here", "There is no page with this address. The channel may have moved."),
        (410, "It's gone", "This video was deleted by its creator."),
        (429, "Slow down a little", "Too many tries from your address."),
        (500, "That was our fault", "The server failed at this page. We wrote down what happened."),
    ):
        view = v.ErrorView(
            status=status,
            title=title,
            text=text,
            request_id="01JD3Y8K9Q" if status == 500 else "",
            next_label="Go home",
            next_href="/",
            retry_after_s=30 if status == 429 else None,
        )
        yield Sample(f"error-{status}", "error.html", view, shell("/lost"), "/lost")


def _public() -> Sequence[Sample]:
    home = v.HomeView(hero=CARDS[0], up_next=CARDS[:4], live=CARDS[1:], videos=VIDEOS)
    bare = replace(home, hero=replace(CARDS[0], thumbnail=None), up_next=(), live=(), videos=VIDEOS[2:3])
    watch = v.WatchView(channel=NOVA, live=NOVA_LIVE, player=PLAYER, videos=VIDEOS[:2])
    quiet = replace(NOVA, live=False, about="")
    offline = v.WatchView(
        channel=quiet,
        live=None,
        player=None,
        last_video=VIDEOS[0],
        videos=VIDEOS,
        topic="channel:nova-wire",
    )
    page = v.ChannelPageView(channel=NOVA, live=NOVA_LIVE, videos=VIDEOS)
    new = v.ChannelPageView(channel=replace(quiet, videos=0, can_manage=True))
    film = v.VideoView(video=VIDEOS[0], player=RECORDING, more=VIDEOS[1:])
    waiting = replace(
        film,
        video=replace(VIDEOS[2], state="processing"),
        player=None,
        note="This video is being prepared. It takes about a minute.",
    )
    enter, refused = v.SignInView(form=v.EMPTY_FORM, next="/nova-wire"), v.SignInView(form=REFUSED)
    account = v.SettingsView(
        account=v.FormView(values={"display_name": "Ada Brandt", "email": "ada@example.org"}),
        sessions=SESSIONS,
        username="ada_b",
    )
    wrong = replace(account, password=v.FormView(errors={"current_password": "That is not your password."}))
    begin = v.SetupView(action="/setup/4f2a", form=v.EMPTY_FORM, site_url=SITE, rtmp_url="rtmp://127.0.0.1:1935/live")
    saved = [v.Flash(text="Your name and address are saved.")]
    return [
        Sample("home", "home.html", home, shell("/"), "/"),
        Sample("home-one", "home.html", bare, shell("/", None), "/"),
        Sample("home-empty", "home.html", v.HomeView(), replace(shell("/", None), rail=()), "/"),
        Sample("watch", "watch.html", watch, shell("/nova-wire/live"), "/nova-wire/live"),
        Sample("watch-offline", "watch.html", offline, shell("/nova-wire/live", None), "/nova-wire/live"),
        Sample("channel", "channel.html", page, shell("/nova-wire"), "/nova-wire"),
        Sample("channel-new", "channel.html", new, shell("/nova-wire"), "/nova-wire"),
        Sample(
            "channel-videos",
            "channel_videos.html",
            replace(page, pager=v.Pager(older="?before=1")),
            shell("/nova-wire/videos"),
        ),
        Sample("video", "video.html", film, shell("/videos/v1"), "/videos/v1"),
        Sample("video-processing", "video.html", waiting, shell("/videos/v3"), "/videos/v3"),
        Sample("sign-in", "sign_in.html", enter, plain("/sign-in")),
        Sample("sign-up-refused", "sign_up.html", refused, plain("/sign-up")),
        Sample("setup", "setup.html", begin, plain("/setup/4f2a")),
        *_elsewhere(),
        Sample("settings", "settings.html", account, shell("/settings", flashes=saved), "/settings"),
        Sample("settings-refused", "settings.html", wrong, shell("/settings"), "/settings"),
        *_account(),
    ]


def _elsewhere() -> Sequence[Sample]:
    """Signing in with an account elsewhere; one label is as long as they get."""
    labels = {"company": "Company", "school": "Staatliche Hochschule für Gestaltung Ost", "down": "Library"}
    ways = [v.WayButton(label=t, action=f"/sign-in/with/oidc/{k}", healthy=k != "down") for k, t in labels.items()]
    linked = [
        v.LinkedRow(id="i1", label="Company", linked_at=NOW),
        v.LinkedRow(id="i2", label="oidc", linked_at=NOW, known=False),
    ]
    account = v.SettingsView(
        account=v.FormView(values={"display_name": "Ada"}),
        username="ada_b",
        local=False,
        linked=linked,
        linkable=ways[1:],
    )
    name = v.NameView(label="Company", form=v.FormView(values={"username": "ada_b"}), address="ada@example.org")
    refused = v.ReturnView(title="You are not signed in", text="Begin anew.", again_label="To the sign-in page")
    asked = v.NameView(label="Company", form=REFUSED, approval=True, terms=True)
    away = v.WithView(label="Company", url="https://id.example.org/authorize?state=1&nonce=2")
    button = v.WithView(label="Company", action="/sign-in/with/oidc/company")
    setup = v.SetupView(action="/setup/4f2a", site_url=SITE, local=False, ways=ways[:1])
    inside = v.EmbeddedView(
        label="Clerk",
        title="Welcome back",
        action="/sign-in/with/clerk/clerk/return",
        state="x",
        module="@inside/nowhere",
        back_label="Other ways to sign in",
    )
    return [
        Sample("sign-in-ways", "sign_in.html", v.SignInView(ways=ways), plain("/sign-in")),
        Sample("sign-in-ways-alone", "sign_in.html", v.SignInView(ways=ways[:1], local=False), plain("/sign-in")),
        Sample("sign-in-none", "sign_in.html", v.SignInView(local=False), plain("/sign-in")),
        Sample("sign-up-ways", "sign_up.html", v.SignInView(ways=ways), plain("/sign-up")),
        Sample("sign-in-with", "sign_in_with.html", button, plain("/sign-in/with/oidc/company")),
        Sample("sign-in-with-away", "sign_in_with.html", away, plain("/sign-in/with/oidc/company")),
        Sample(
            "sign-in-with-refused", "sign_in_with_refused.html", refused, plain("/sign-in/with/oidc/company/return")
        ),
        Sample("sign-in-embedded", "sign_in_embedded.html", inside, plain("/sign-in/with/clerk/clerk/here")),
        Sample("sign-up-with", "sign_up_with.html", name, plain("/sign-up/with")),
        Sample("sign-up-with-refused", "sign_up_with.html", asked, plain("/sign-up/with")),
        Sample("sign-up-with-waiting", "sign_up_with.html", replace(name, waiting=True), plain("/sign-up/with")),
        Sample(
            "sign-up-with-setup", "sign_up_with.html", replace(name, setup=True, address=""), plain("/sign-up/with")
        ),
        Sample("setup-ways", "setup.html", setup, plain("/setup/4f2a")),
        Sample("settings-ways", "settings.html", account, shell("/settings"), "/settings"),
        Sample("confirm-ways", "confirm.html", v.ConfirmView(password=False, ways=ways[:1]), plain("/confirm")),
    ]


def _account() -> Sequence[Sample]:
    tokens = v.TokensView(
        tokens=[
            v.TokenRow(
                id="t1",
                name="Clip bot",
                hint="aex_x7Kp2q",
                scopes=["read", "chat:write"],
                created_at=NOW - timedelta(days=20),
                used_at=NOW - timedelta(hours=2),
            ),
            v.TokenRow(
                id="t2",
                name="Old script",
                hint="aex_9dMw1c",
                scopes=["read"],
                created_at=NOW - timedelta(days=200),
                expires_at=NOW - timedelta(days=10),
                expired=True,
            ),
        ],
        scopes=[
            v.Choice(value="read", label="Read what you can see.", on=True),
            v.Choice(value="chat:write", label="Write chat messages in your name."),
        ],
        form=v.FormView(values={"days": "90"}),
    )
    shown = replace(tokens, made="aex_" + "x7Kp2q" * 7 + "Z", made_name="New bot")
    refused = replace(tokens, form=v.FormView(errors={"scopes": "Choose at least one scope."}))
    bots = v.BotsView(
        bots=[
            v.BotRow(id="b1", username="clip_bot", name="Clip Bot", tokens=tokens.tokens, scopes=tokens.scopes),
            v.BotRow(id="b2", username="old_bot", name="Old Bot", banned=True, scopes=tokens.scopes),
        ],
        made="aex_" + "x7Kp2q" * 7 + "Z",
        made_name="Server",
    )
    no_bot = v.BotsView(form=v.FormView(errors={"username": "This name is taken; choose another."}))
    leave = v.LeaveView(username="ada_b", days=14, channels=["Nova Wire", "Night Lab"])
    terms = v.TermsView(paragraphs=["Be kind.", "What you stream is yours."], ask=True)
    return [
        Sample("tokens", "settings_tokens.html", shown, shell("/settings/tokens"), "/settings/tokens"),
        Sample("tokens-refused", "settings_tokens.html", refused, shell("/settings/tokens"), "/settings/tokens"),
        Sample("bots", "settings_bots.html", bots, shell("/settings/bots"), "/settings/bots"),
        Sample("bots-refused", "settings_bots.html", no_bot, shell("/settings/bots"), "/settings/bots"),
        Sample("leave", "settings_leave.html", leave, shell("/settings/leave"), "/settings/leave"),
        Sample("stay", "stay.html", v.StayView(token="t", username="ada_b", delete_at=NOW), plain("/leaving")),
        Sample("terms", "terms.html", terms, shell("/terms"), "/terms"),
        Sample(
            "terms-refused",
            "terms.html",
            v.TermsView(url="https://example.org/terms", ask=True, error="Tick the box to accept the terms."),
            shell("/terms"),
            "/terms",
        ),
        Sample(
            "mature",
            "mature.html",
            v.GateView(channel_name="Nova Wire", slug="nova-wire", hue=28, next="/nova-wire/live"),
            shell("/nova-wire/live", None),
            "/nova-wire/live",
        ),
    ]


def _studio() -> Sequence[Sample]:
    base = "/studio/nova-wire"
    waiting = v.ConnectionView(
        server="rtmp://127.0.0.1:1935/live", state="Waiting for your stream", key="n0va-Vq7Tz4mY8pLr2sWx"
    )
    idle = manager(live=None, stats=(), preview=None, health=None, connection=waiting, last_video=VIDEOS[0])
    states = [
        VIDEOS[0],
        replace(VIDEOS[1], visibility="unlisted"),
        replace(VIDEOS[2], state="processing"),
        replace(VIDEOS[3], visibility="private", incomplete=True),
    ]
    settings = v.StudioSettingsView(
        channel=NOVA, form=SETTINGS_FORM, moderators=MODERATORS, rights=RIGHTS, languages=LANGUAGES, site_url=SITE
    )
    start = v.StudioStartView(categories=CATEGORIES, site_url=SITE, form=v.FormView(values={"name": "Ada Brandt"}))
    closed = [
        v.ClosedChannel(id=str(number), channel=OTHERS[number], delete_at=NOW, by_operator=number == 1)
        for number in range(2)
    ]
    nobody = replace(VIEWER, channels=(), home="")
    first = v.ShellView(area="studio", path="/studio", viewer=nobody, nav=nav(("Home", "/", "house"), current=""))
    return [
        Sample(
            "studio-desk",
            "studio_desk.html",
            v.DeskView(
                channel=NOVA,
                live=NOVA_LIVE,
                rights=["Change title, category and language of the stream.", "End the stream."],
                may_edit=True,
                may_end=True,
                categories=CATEGORIES,
                languages=LANGUAGES,
            ),
            studio(base),
            base,
        ),
        Sample("studio", "studio.html", manager(), studio(base), base),
        Sample(
            "studio-poor",
            "studio.html",
            manager(health=POOR, connection=replace(CONNECTION, key_error="That is not your password.")),
            studio(base),
            base,
        ),
        Sample("studio-offline", "studio.html", idle, studio(base), base),
        Sample(
            "studio-videos",
            "studio_videos.html",
            v.StudioVideosView(channel=NOVA, videos=states, pager=v.Pager(older="?")),
            studio(f"{base}/videos"),
            f"{base}/videos",
        ),
        Sample(
            "studio-videos-empty",
            "studio_videos.html",
            v.StudioVideosView(channel=NOVA, videos=()),
            studio(f"{base}/videos"),
            f"{base}/videos",
        ),
        Sample("studio-settings", "studio_settings.html", settings, studio(f"{base}/settings"), f"{base}/settings"),
        Sample("studio-start", "studio_start.html", start, first, "/studio"),
        Sample(
            "studio-choose",
            "studio_start.html",
            replace(start, channels=[NOVA, OTHERS[0]], form=REFUSED),
            first,
            "/studio",
        ),
        Sample("studio-closed", "studio_start.html", replace(start, channels=[NOVA], closed=closed), first, "/studio"),
        Sample(
            "studio-settings-held",
            "studio_settings.html",
            replace(settings, held="An operator of this site took this channel out of all lists: “Spam”."),
            studio(f"{base}/settings"),
            f"{base}/settings",
        ),
    ]


def _admin() -> Sequence[Sample]:
    plugins = v.AdminPluginsView(
        phases=phases(),
        providers=PROVIDERS,
        on=5,
        total=7,
        alerts=[v.Finding(text="Music mode is suspended.", advice="It failed five times in a row.", tone="warn")],
        facts=[v.Stat(label="Version", value="0.1.0"), v.Stat(label="Database", value="PostgreSQL 18")],
    )
    mails = v.AdminMailsView(mails=MAILS, keeps="Mails stay here; nothing is sent.")
    return [
        Sample("admin-plugins", "admin_plugins.html", plugins, admin("/admin/plugins"), "/admin/plugins"),
        Sample("admin-mails", "admin_mails.html", mails, admin("/admin/mails"), "/admin/mails"),
        Sample(
            "admin-mail",
            "admin_mails.html",
            replace(mails, mail=replace(MAILS[0], headers=[("From", "site@example.org")])),
            admin("/admin/mails"),
            "/admin/mails/m1",
        ),
        Sample(
            "admin-mails-empty",
            "admin_mails.html",
            v.AdminMailsView(keeps="Mails stay here."),
            admin("/admin/mails"),
            "/admin/mails",
        ),
    ]
