"""What the page modules weigh, which ones a page asks for, and what must never stand in them."""

import gzip
import re

import pytest
from js_support import MODULES

# bytes, gzipped one by one as they are sent; the limits of the design
EVERY_PAGE = ({"shell", "shell-keys", "time", "toast"}, 6 * 1024)
REALTIME = ({"live", "live-socket"}, 4 * 1024)
# of 95 KB for a whole watch page; rewinding, sound alone and private addresses took it from 12 to 16
WATCH = ({path.stem for path in MODULES.glob("player*.js")} | {"page"}, 16 * 1024)
STUDIO = ({"studio", "chart", "page"}, 6 * 1024)
IMPORT = re.compile(r'^(?:import|export) .*?from "\./([\w-]+)\.js";|^import "\./([\w-]+)\.js";', re.MULTILINE)


def needs(module: str, seen: set[str] | None = None) -> set[str]:
    """The modules that come with `module`, itself included; not those that it imports when it needs them."""
    found = set() if seen is None else seen
    if module not in found:
        found.add(module)
        for names in IMPORT.findall((MODULES / f"{module}.js").read_text()):
            needs("".join(names), found)
    return found


def weight(names: set[str]) -> int:
    return sum(len(gzip.compress((MODULES / f"{name}.js").read_bytes(), 9)) for name in names)


@pytest.mark.parametrize(("names", "limit"), [EVERY_PAGE, REALTIME, WATCH, STUDIO])
def test_a_page_stays_below_its_budget(names: set[str], limit: int) -> None:
    assert weight(names) <= limit, {name: weight({name}) for name in sorted(names)}


def test_a_page_asks_only_for_what_the_budget_counts() -> None:
    assert needs("shell") == EVERY_PAGE[0]
    assert needs("player") <= EVERY_PAGE[0] | REALTIME[0] | WATCH[0]
    assert needs("studio") <= EVERY_PAGE[0] | REALTIME[0] | STUDIO[0]


@pytest.mark.parametrize(
    "forbidden", ["innerHTML", "outerHTML", "eval(", "new Function", "document.write", "console.", "__axPlayer"]
)
def test_no_module_does_what_the_policy_or_the_house_forbids(forbidden: str) -> None:
    assert [path.name for path in MODULES.glob("*.js") if forbidden in path.read_text()] == []
