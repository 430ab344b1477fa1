"""Pictures that people send: decoded within bounds, stripped of all but pixels, made into two squares."""

from __future__ import annotations

import asyncio
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from aethex_live.errors import Invalid, Refusal, Unavailable

LARGE, SMALL = 512, 96  # pixels: twice what the largest and the usual places on a page take
CONTENT_TYPE = "image/webp"
TIME_LIMIT_S = 20.0
WAITING = 8  # each waiting picture is held in memory
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_QUALITY = 84
_UNREADABLE = "This file can't be read as a picture. Send a PNG, JPEG, WebP or GIF."


@dataclass(frozen=True, slots=True)
class Squares:
    """The two pictures, as WebP."""

    large: bytes
    small: bytes


class Pictures:
    """Turns what was sent into squares, one at a time: a decoded picture takes up to a hundred megabytes."""

    def __init__(self, *, most_bytes: int, most_pixels: int) -> None:
        self.most_bytes = most_bytes
        self._most_pixels = most_pixels
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="profiles")
        self._places = threading.Semaphore(1 + WAITING)

    async def squares(self, data: bytes) -> Squares:
        """The squares of a picture. Raises Invalid about `avatar`, Unavailable when too many wait."""
        self.check_size(len(data))
        if not data:
            raise Invalid("Choose a picture first.", field="avatar")
        if not self._places.acquire(blocking=False):
            raise _busy()
        future = self._thread.submit(make_squares, data, self._most_pixels)
        future.add_done_callback(lambda _: self._places.release())
        try:
            async with asyncio.timeout(TIME_LIMIT_S):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise _busy() from None

    def check_size(self, count: int) -> None:
        """Raises Invalid for more bytes than are taken."""
        if count > self.most_bytes:
            limit = self.most_bytes / (1024 * 1024)
            raise TooLarge(f"The picture has {count / 1024 / 1024:.1f} MB; send one of at most {limit:g} MB.")

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class TooLarge(Refusal):
    """The picture's file is larger than is taken."""

    status = 413
    code = "too-large"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, field="avatar")


def make_squares(data: bytes, most_pixels: int) -> Squares:
    """Decode, turn upright, cut the middle square and encode. Raises Invalid about `avatar`."""
    try:
        plain = _plain(data, most_pixels)
        large = ImageOps.fit(plain, (LARGE, LARGE), Image.Resampling.LANCZOS)
        small = large.resize((SMALL, SMALL), Image.Resampling.LANCZOS)
        return Squares(_webp(large), _webp(small))
    except Refusal:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels(most_pixels) from None
    except UnidentifiedImageError:
        raise Invalid(_UNREADABLE, field="avatar") from None
    except Exception as error:
        raise Invalid(
            f"This picture is damaged: {type(error).__name__}. Save it anew and try again.", field="avatar"
        ) from error


def _plain(data: bytes, most_pixels: int) -> Image.Image:
    """The first frame's pixels, upright; the size is looked at before anything is decoded."""
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        if image.width * image.height > most_pixels:
            raise _too_many_pixels(most_pixels)
        image.draft("RGB", (2 * LARGE, 2 * LARGE))  # a large JPEG is decoded at an eighth to a half of its size
        upright = ImageOps.exif_transpose(image)
        return upright.convert("RGBA" if upright.has_transparency_data else "RGB")


def _webp(image: Image.Image) -> bytes:
    """The pixels alone: of what the file said about place, camera and colours the encoder writes nothing."""
    target = io.BytesIO()
    image.save(target, "WEBP", quality=_QUALITY, method=4)
    return target.getvalue()


def _too_many_pixels(most: int) -> Invalid:
    return Invalid(
        f"The picture has too many pixels; send one of at most {most // 1_000_000} megapixels.",
        field="avatar",
    )


def _busy() -> Unavailable:
    return Unavailable(
        "Many pictures are being worked on. Try again in a few seconds.", field="avatar", retry_after=5.0
    )
