"""Makes a broadcast's folder a whole recording: after its end, and after a crash in the middle of it."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from . import boxes, event_file
from .event_file import Entry
from .playlist import program_date
from .recorder import NEXT, read_meta

log = logging.getLogger(__name__)

_SEGMENT: Final = re.compile(r"([0-9]+)\.m4s(\.part)?")
_DATE: Final = "#EXT-X-PROGRAM-DATE-TIME:"


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """What a whole recording holds. `duration` in seconds, `size` in bytes, `end` in seconds since 1970."""

    duration: float
    size: int
    width: int | None
    height: int | None
    has_audio: bool
    incomplete: bool
    end: float


def finish(folder: Path) -> RecordingFacts | None:
    """List what is not listed yet, cut off what is not whole, and end the playlist.

    May run again after any interruption. None when there is nothing to keep. Blocks: call it in a thread.
    Raises OSError.
    """
    entries, ended = event_file.read(folder / event_file.NAME)
    entries = [entry for entry in entries if (folder / f"{entry.msn}.m4s").exists()]
    if not ended:
        _add_unlisted(folder, entries)
    if not entries:
        return None
    if not ended:
        content = event_file.text(entries, ended=True)
        event_file.write_whole(folder / event_file.NAME, content, durable=True)
    return _facts(folder, entries)


def discard(folder: Path) -> None:
    """Remove a folder with all that is in it. Blocks."""
    shutil.rmtree(folder, ignore_errors=True)


def _add_unlisted(folder: Path, entries: list[Entry]) -> None:
    listed = {entry.msn for entry in entries}
    found = (_SEGMENT.fullmatch(path.name) for path in folder.iterdir())
    unlisted = sorted((int(match[1]), match[0]) for match in found if match and int(match[1]) not in listed)
    for msn, name in unlisted:
        tags, init = _tags(folder, msn, entries)
        length = _trim(folder / name, folder / f"init{init}.mp4")
        if length <= 0:
            (folder / name).unlink()
            continue
        (folder / name).rename(folder / f"{msn}.m4s")
        entries.append(Entry(msn, length, tags))
        log.info("recovered %.3f s of segment %d in %s", length, msn, folder.name)
    entries.sort(key=lambda entry: entry.msn)


def _trim(path: Path, init: Path) -> float:
    """Cut off what follows the last whole fragment; the seconds that remain."""
    tracks = boxes.tracks(_content(init))
    content = path.read_bytes()
    whole = boxes.whole_fragments(content)
    if whole.size < len(content):
        os.truncate(path, whole.size)
    leading = sorted(tracks, key=lambda track: track.handler != b"vide")
    for track in leading:
        if length := whole.durations.get(track.number, 0):
            return length / track.scale
    return 0.0


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _tags(folder: Path, msn: int, entries: list[Entry]) -> tuple[list[str], int]:
    """The playlist lines that belong before an unlisted segment, and its init segment's number."""
    before = event_file.init_of(entries)
    try:
        announced = json.loads((folder / NEXT).read_bytes())
        if announced["msn"] == msn:
            tags = ["#EXT-X-DISCONTINUITY"] if announced["discontinuity"] else []
            init = int(announced["init"])
            if init != before:
                tags.append(f'#EXT-X-MAP:URI="init{init}.mp4"')
            return [*tags, str(announced["date"])], init
    except (OSError, ValueError, KeyError, TypeError):
        log.warning("%s/%s can't be read, the tail is taken as a plain continuation", folder.name, NEXT)
    if before is None:
        return ['#EXT-X-MAP:URI="init0.mp4"'], 0
    end = _end_of(entries)
    return ([program_date(end)] if end else []), before


def _end_of(entries: list[Entry]) -> float:
    """When the last entry ends, in seconds since 1970; 0 when no entry says."""
    after = 0.0
    for entry in reversed(entries):
        after += entry.duration
        for tag in entry.tags:
            if tag.startswith(_DATE):
                start = datetime.fromisoformat(tag.removeprefix(_DATE).replace("Z", "+00:00"))
                return (start + timedelta(seconds=after)).timestamp()
    return 0.0


def _facts(folder: Path, entries: list[Entry]) -> RecordingFacts:
    inits = sorted(folder.glob("init*.mp4"))
    tracks = [track for path in inits for track in boxes.tracks(_content(path))]
    picture = next((track for track in tracks if track.handler == b"vide"), None)
    files = [*inits, *(folder / f"{entry.msn}.m4s" for entry in entries)]
    meta = read_meta(folder)
    return RecordingFacts(
        duration=round(sum(entry.duration for entry in entries), 3),
        size=sum(path.stat().st_size for path in files),
        width=picture.width if picture else None,
        height=picture.height if picture else None,
        has_audio=any(track.handler == b"soun" for track in tracks),
        incomplete=meta.incomplete if meta else False,
        end=_end_of(entries),
    )
