"""Screenshots for people, below build/pages/: `python tests/pages/shoot.py [name ...] [--widths 1440,390] [--full]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from page_browser import chromium, opened  # noqa: E402 - needs the path above
from page_rendering import PAGES, ROOT, render  # noqa: E402 - needs the path above

from needs import need  # noqa: E402 - needs the path above

THEMES = ("dark", "light")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(PAGES))
    parser.add_argument("--widths", default="1440,390")
    parser.add_argument("--themes", default="dark,light")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--no-script", action="store_true")
    options = parser.parse_args()
    out = ROOT / "build" / "pages"
    out.mkdir(parents=True, exist_ok=True)
    with chromium(need("chromium")) as browser:
        for name in options.names:
            sample = PAGES[name]
            for theme in options.themes.split(","):
                html = render(sample.template, theme, view=sample.view, shell=sample.shell)
                for width in map(int, options.widths.split(",")):
                    height = 900 if width > 760 else 844
                    with opened(
                        browser, sample, html, width=width, height=height, script=not options.no_script
                    ) as page:
                        page.screenshot(path=out / f"{name}-{width}-{theme}.png", full_page=options.full)
                        if page.problems:  # type: ignore[attr-defined]  # set by `opened`
                            print(name, width, theme, page.problems)  # type: ignore[attr-defined]  # set by `opened`


if __name__ == "__main__":
    main()
