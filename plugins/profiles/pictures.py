"""Pictures that people send: decoded within bounds, stripped of all but pixels, cut to the shape of their place."""

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
LONGEST_SIDE = 20_000  # pixels
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_QUALITY = 84
_UNREADABLE = "This file can't be read as a picture. Send a PNG, JPEG, WebP or GIF."


@dataclass(frozen=True, slots=True)
class Shape:
    """What becomes of a picture: the form field it comes from, and its two sizes, large one first."""

    field: str
    large: tuple[int, int]
    small: tuple[int, int]

    def keys(self, key: str) -> tuple[str, str]:
        """The storage keys of the large and the small picture."""
        return f"{key}-{self.large[0]}.webp", f"{key}-{self.small[0]}.webp"


AVATAR = Shape("avatar", (LARGE, LARGE), (SMALL, SMALL))
BANNER = Shape("banner", (1600, 400), (800, 200))
SHAPES = {shape.field: shape for shape in (AVATAR, BANNER)}


@dataclass(frozen=True, slots=True)
class Pair:
    """The two pictures, as WebP."""

    large: bytes
    small: bytes


class Pictures:
    """Turns what was sent into pairs, one at a time: a decoded picture takes up to a hundred megabytes."""

    def __init__(self, *, most_bytes: int, most_pixels: int) -> None:
        self.most_bytes = most_bytes
        self._most_pixels = most_pixels
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="profiles")
        self._places = threading.Semaphore(1 + WAITING)

    async def pair(self, data: bytes, shape: Shape) -> Pair:
        """The two pictures of a file. Raises Invalid about the shape's field, Unavailable when too many wait."""
        self.check_size(len(data), shape)
        if not data:
            raise Invalid("Choose a picture first.", field=shape.field)
        if not self._places.acquire(blocking=False):
            raise _busy(shape)
        future = self._thread.submit(make_pair, data, self._most_pixels, shape)
        future.add_done_callback(lambda _: self._places.release())
        try:
            async with asyncio.timeout(TIME_LIMIT_S):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise _busy(shape) from None

    def check_size(self, count: int, shape: Shape = AVATAR) -> None:
        """Raises TooLarge for more bytes than are taken."""
        if count > self.most_bytes:
            limit = self.most_bytes / (1024 * 1024)
            sentence = f"The picture has {count / 1024 / 1024:.1f} MB; send one of at most {limit:g} MB."
            raise TooLarge(sentence, field=shape.field)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class TooLarge(Refusal):
    """The picture's file is larger than is taken."""

    status = 413
    code = "too-large"


def make_pair(data: bytes, most_pixels: int, shape: Shape) -> Pair:
    """Decode, turn upright, cut the middle to the shape and encode. Raises Invalid about the shape's field."""
    try:
        plain = _plain(data, most_pixels, shape)
        large = ImageOps.fit(plain, shape.large, Image.Resampling.LANCZOS)
        small = large.resize(shape.small, Image.Resampling.LANCZOS)
        return Pair(_webp(large), _webp(small))
    except Refusal:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels(most_pixels, shape) from None
    except UnidentifiedImageError:
        raise Invalid(_UNREADABLE, field=shape.field) from None
    except Exception as error:
        sentence = f"This picture is damaged: {type(error).__name__}. Save it anew and try again."
        raise Invalid(sentence, field=shape.field) from error


def _plain(data: bytes, most_pixels: int, shape: Shape) -> Image.Image:
    """The first frame's pixels, upright; the size is looked at before anything is decoded."""
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        if image.width * image.height > most_pixels:
            raise _too_many_pixels(most_pixels, shape)
        if max(image.size) > LONGEST_SIDE:
            raise Invalid(f"The picture is too long; send one of at most {LONGEST_SIDE:,} pixels.", field=shape.field)
        # a large JPEG is decoded at an eighth to a half of its size
        image.draft("RGB", (2 * shape.large[0], 2 * shape.large[1]))
        upright = ImageOps.exif_transpose(image)
        return upright.convert("RGBA" if upright.has_transparency_data else "RGB")


def _webp(image: Image.Image) -> bytes:
    """The pixels alone: of what the file said about place, camera and colours the encoder writes nothing."""
    target = io.BytesIO()
    image.save(target, "WEBP", quality=_QUALITY, method=4)
    return target.getvalue()


def _too_many_pixels(most: int, shape: Shape) -> Invalid:
    return Invalid(
        f"The picture has too many pixels; send one of at most {most // 1_000_000} megapixels.",
        field=shape.field,
    )


def _busy(shape: Shape) -> Unavailable:
    return Unavailable(
        "Many pictures are being worked on. Try again in a few seconds.", field=shape.field, retry_after=5.0
    )
