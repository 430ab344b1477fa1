"""The plugin of docs/plugins.md, taken from the page and put beside a site's configuration."""

import re
from pathlib import Path

from sites import OpenSite

GUIDE = Path(__file__).parent.parent.parent / "docs" / "plugins.md"
FILES = ("plugin.toml", "__init__.py", "templates/greeter/line.html")


def write_example(folder: Path) -> Path:
    """The example beside an aethex.toml; returns the file."""
    blocks = re.findall(r"^```(?:toml|python|html)\n(.*?)^```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    for name, text in zip(FILES, blocks, strict=False):
        place = folder / "plugins" / "greeter" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    config = folder / "aethex.toml"
    config.write_text('[plugins.greeter]\nwords = "Good evening"\n\n[providers]\nstreaming = "none"\n')
    return config


async def test_the_plugin_of_the_guide_runs_as_it_stands_there(open_site: OpenSite, tmp_path: Path) -> None:
    # Given a site with the guide's plugin in its own folder
    site = await open_site(config_file=write_example(tmp_path))
    rows = {row.name: row for row in site.platform.plugins.rows()}
    assert rows["greeter"].state == "running", rows["greeter"].reason
    # When somebody looks at a watch page
    creator = await site.creator("ada", "nova")
    watch = await creator.get("/nova/live")
    # Then its line is there, escaped and in the operator's words, and its route answers
    assert "Good evening, ada says hello." in watch.text
    assert (await creator.get("/p/greeter/")).json() == {"broadcasts": 0}
