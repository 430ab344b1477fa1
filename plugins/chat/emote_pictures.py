"""Pictures of emotes: decoded within bounds, stripped of all but pixels, drawn in three sizes, moving or still."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

from PIL import Image, ImageOps, UnidentifiedImageError

from aethex_live.errors import Invalid, Refusal, Unavailable

SIZES = (28, 56, 112)  # pixels a side
CONTENT_TYPE = "image/webp"
MOST_BYTES = 1024 * 1024
LONGEST_SIDE = 4096  # pixels
MOST_PIXELS = 4_000_000  # of one frame
MOST_DRAWN = 32_000_000  # of all frames: a second or two of work
MOST_FRAMES = 60
LONGEST_MS = 10_000
SHORTEST_FRAME_MS = 20
MOST_STORED = 600 * 1024  # bytes of all sizes
TIME_LIMIT_S = 20.0
WAITING = 8
FIELD = "picture"
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_QUALITIES = (82, 55, 30)

Box = tuple[int, int]


class TooLarge(Refusal):
    """The file is larger than is taken."""

    status = 413
    code = "too-large"


@dataclass(frozen=True, slots=True)
class Drawn:
    """An emote's files by name ("28.webp", "28-still.webp"), all WebP; moving ones have a still twin of each."""

    files: Mapping[str, bytes]
    animated: bool

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values()))


def file_names(*, animated: bool) -> list[str]:
    """The names of an emote's files."""
    names = [f"{size}.webp" for size in SIZES]
    return names + [f"{size}-still.webp" for size in SIZES] if animated else names


class EmotePictures:
    """Draws what was sent, one at a time and away from the loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chat-emotes")
        self._places = threading.Semaphore(1 + WAITING)

    async def draw(self, data: bytes) -> Drawn:
        """The files of an emote. Raises Invalid or TooLarge about `picture`, Unavailable when too many wait."""
        check_size(len(data))
        if not data:
            raise Invalid("Choose a picture first.", field=FIELD)
        if not self._places.acquire(blocking=False):
            raise _busy()
        future = self._thread.submit(draw, data)
        future.add_done_callback(lambda _: self._places.release())
        try:
            async with asyncio.timeout(TIME_LIMIT_S):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise _busy() from None

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def check_size(size: int) -> None:
    """Raises TooLarge for more bytes than are taken."""
    if size > MOST_BYTES:
        raise TooLarge(f"The picture has {size / 1024 / 1024:.1f} MB; send one of at most 1 MB.", field=FIELD)


def draw(data: bytes) -> Drawn:
    """Decode, fit into a square and encode. Raises Invalid about `picture`."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            frames = list(_frames(image))
    except Refusal:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        raise Invalid("This file can't be read as a picture. Send a PNG, JPEG, WebP or GIF.", field=FIELD) from None
    except Exception as error:
        sentence = f"This picture is damaged: {type(error).__name__}. Save it anew and try again."
        raise Invalid(sentence, field=FIELD) from error
    if sum(lasts for _, lasts in frames) > LONGEST_MS:
        raise Invalid(f"The picture moves for too long; at most {LONGEST_MS // 1000} seconds.", field=FIELD)
    for quality in _QUALITIES:
        made = Drawn(dict(_files(frames, quality)), len(frames) > 1)
        if made.size <= MOST_STORED:
            return made
    raise Invalid("The moving picture is too large when it is drawn anew; send one with fewer frames.", field=FIELD)


def _frames(image: Image.Image) -> Iterator[tuple[Image.Image, int]]:
    """Each frame in the largest size with its milliseconds; bounds are looked at before anything is decoded."""
    drawn = 0
    for number in count():
        try:
            image.seek(number)
        except EOFError:
            return
        if number >= MOST_FRAMES:
            raise Invalid(f"The picture has too many frames; at most {MOST_FRAMES}.", field=FIELD)
        drawn += image.width * image.height
        if max(image.size) > LONGEST_SIDE or image.width * image.height > MOST_PIXELS or drawn > MOST_DRAWN:
            raise _too_many_pixels()
        square = _square(image)
        # not before: of a WebP the time is known when the frame is decoded
        yield square, max(SHORTEST_FRAME_MS, int(image.info.get("duration") or 0))


def _square(image: Image.Image) -> Image.Image:
    """Upright, as large as the largest size, with nothing behind it where it is no square."""
    image.load()
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    side = SIZES[-1]
    fitted = ImageOps.contain(upright, (side, side), Image.Resampling.LANCZOS)
    canvas = Image.new("RGBA", (side, side))
    canvas.paste(fitted, ((side - fitted.width) // 2, (side - fitted.height) // 2))
    return canvas


def _files(frames: list[tuple[Image.Image, int]], quality: int) -> Iterator[tuple[str, bytes]]:
    for size in SIZES:
        scaled = [frame.resize((size, size), Image.Resampling.LANCZOS) for frame, _ in frames]
        yield f"{size}.webp", _webp(scaled, [lasts for _, lasts in frames], quality)
        if len(frames) > 1:
            yield f"{size}-still.webp", _webp(scaled[:1], [], quality)


def _webp(frames: list[Image.Image], lasts: list[int], quality: int) -> bytes:
    """The pixels alone: nothing of what the file said about place, camera and maker is written."""
    target = io.BytesIO()
    if len(frames) == 1:
        frames[0].save(target, "WEBP", quality=quality, method=4)
    else:
        frames[0].save(
            target, "WEBP", save_all=True, append_images=frames[1:], duration=lasts, loop=0, quality=quality, method=2
        )
    return target.getvalue()


def _too_many_pixels() -> Invalid:
    return Invalid("The picture has too many pixels; draw it smaller: 112 by 112 is what is shown.", field=FIELD)


def _busy() -> Unavailable:
    return Unavailable("Many pictures are being worked on. Try again in a few seconds.", field=FIELD, retry_after=5.0)
