"""Sites whose vendors are in trouble: how long their pages take meanwhile, and how soon they are whole again."""

from __future__ import annotations

import re
import statistics
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from aethex_live.clock import SystemClock
from bench.outage_vendors import VENDORS
from bench.peers.troubled import FINE, Troubled
from bench.served import ServedSite, start, stop

MOODS: Final = ("time-out", "500", "refused")
ROUNDS: Final = 6  # enough for the breaker
PAGES: Final = ("/", "/sign-in", "/measured", "/measured/live", "/studio/measured", "/settings", "/livez", "/readyz")
HEAL_LIMIT_S: Final = 30.0
LOOK_S: Final = 0.03  # between two looks at a page that is not whole yet
_LIMIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class SiteCase:
    """A site: the vendors that it has, and its choices of providers."""

    vendors: tuple[str, ...]
    choices: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its first vendor."""
        return self.vendors[0]


SITES: Final = (
    SiteCase(
        ("stream_mux", "storage_s3", "email_resend", "payments_stripe", "auth_oidc"),
        {"streaming": '"mux"', "storage": '"s3"', "email": '"resend"', "payments": '["stripe"]'},
    ),
    SiteCase(
        ("stream_cloudflare", "storage_r2", "email_sendgrid", "auth_clerk"),
        {"streaming": '"cloudflare"', "storage": '"r2"', "email": '"sendgrid"'},
    ),
    SiteCase(("email_smtp",), {"email": '"smtp"', "streaming": '"none"'}),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """What visitors of a site met while its vendors were in a mood. `healed_s`: when the first visitor came
    whose pages were whole again; None where no page needs a vendor."""

    site: str
    vendors: str
    mood: str
    pages: int
    slowest_s: float
    slowest: str
    median_s: float
    healed_s: float | None


def visit(case: SiteCase, *, quick: bool) -> list[Visit]:
    """Start the site, trouble all its vendors at once, and look at its pages."""
    with _running(case) as (site, vendors):
        house = House(site, vendors, case)
        house.settle()
        return [house.trouble(mood, rounds=2 if quick else ROUNDS) for mood in (MOODS[:1] if quick else MOODS)]


@contextmanager
def _running(case: SiteCase) -> Iterator[tuple[ServedSite, list[Troubled]]]:
    chosen = [vendor for vendor in VENDORS if vendor.plugin in case.vendors]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        vendors = [stack.enter_context(vendor.stand_in(SystemClock())) for vendor in chosen]
        config = folder / "aethex.toml"
        choices = "\n".join(f"{kind} = {value}" for kind, value in case.choices.items())
        tables = [vendor.table(f"http://127.0.0.1:{one.port}") for vendor, one in zip(chosen, vendors, strict=True)]
        config.write_text(f"[providers]\n{choices}\n\n" + "\n".join(tables))
        site = start(folder / "data", {"AETHEX_CONFIG": str(config)})
        stack.callback(stop, site)
        yield site, vendors


class House:
    """A site with a channel, and a browser that is its creator's."""

    def __init__(self, site: ServedSite, vendors: Sequence[Troubled], case: SiteCase) -> None:
        self._site = site
        self._vendors = vendors
        self._case = case
        self._opener: urllib.request.OpenerDirector

    def settle(self) -> None:
        """An account, a channel, and all pages once while all is well."""
        self._site.sign_up("creator")
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._site.cookies))
        self._site.call("POST", "/channels", {"slug": "measured", "name": "measured"})
        for path in PAGES:
            self._get(path)
        for name, whole in self._needs().items():
            if not whole():
                log = self._site.log.read_text()[-800:]
                raise RuntimeError(f"{name} is not as it should be while all is well: {log}")

    def trouble(self, mood: str, *, rounds: int) -> Visit:
        """All vendors in a mood for some rounds of visits, then well again."""
        self._set(mood)
        times = [(self._timed(partial(self._get, path)), path) for _ in range(rounds) for path in PAGES]
        if "auth_oidc" in self._case.vendors:
            times += [(self._timed(self._begins), "a sign-in elsewhere") for _ in range(rounds)]
        self._set(FINE)
        slowest = max(times)
        middle = statistics.median(seconds for seconds, _ in times)
        return Visit(
            self._case.name,
            ", ".join(self._case.vendors),
            mood,
            len(times),
            slowest[0],
            slowest[1],
            middle,
            self._heal(),
        )

    def _heal(self) -> float | None:
        if not (needs := self._needs()):
            return None
        begun = time.monotonic()
        waiting = dict(needs)
        looked = 0.0
        while waiting and looked < HEAL_LIMIT_S:
            looked = time.monotonic() - begun
            waiting = {name: whole for name, whole in waiting.items() if not whole()}
            time.sleep(LOOK_S)
        return looked

    def _needs(self) -> Mapping[str, Callable[[], bool]]:
        """What the site's pages can't show without their vendors."""
        needs: dict[str, Callable[[], bool]] = {}
        if any(name.startswith("stream_") for name in self._case.vendors):
            needs["the studio's address for encoders"] = lambda: "rtmps://" in self._get("/studio/measured")
        if "auth_oidc" in self._case.vendors:
            needs["a sign-in elsewhere"] = self._begins
        return needs

    def _begins(self) -> bool:
        """Whether a visitor is sent on to the issuer."""
        jar = urllib.request.HTTPCookieProcessor()
        opener = urllib.request.build_opener(jar)
        with opener.open(f"{self._site.url}/sign-in", timeout=_LIMIT_S) as answer:
            page = answer.read().decode()
        token = re.search(r'name="csrf" value="(\w+)"', page)
        form = urllib.parse.urlencode({"csrf": token[1] if token else ""}).encode()
        request = urllib.request.Request(
            f"{self._site.url}/sign-in/with/oidc/company", form, {"Origin": self._site.url}, method="POST"
        )
        with opener.open(request, timeout=_LIMIT_S) as answer:
            return "/authorize" in str(answer.headers.get("Refresh", ""))

    def _get(self, path: str) -> str:
        try:
            with self._opener.open(self._site.url + path, timeout=_LIMIT_S) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return str(error.read().decode())

    def _timed(self, what: Callable[[], object]) -> float:
        begun = time.monotonic()
        what()
        return time.monotonic() - begun

    def _set(self, mood: str) -> None:
        for vendor in self._vendors:
            vendor.mood = mood
