"""Pictures of every kind, harmless and hostile."""

import asyncio
import contextlib
import io
import random
import struct
import threading
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from aethex_live.errors import Invalid, Refusal, Unavailable
from aethex_plugins.profiles import pictures
from aethex_plugins.profiles.pictures import AVATAR, BANNER, Pictures, make_pair

MOST = 24_000_000


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def near(pixel: tuple[int, ...], colour: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=False))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in ("RGB", "RGBA", "P", "L", "LA", "1", "I;16")),
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        *(("WEBP", mode) for mode in ("RGB", "RGBA")),
        ("GIF", "P"),
    ],
)
def test_every_kind_of_picture_becomes_two_webp_squares(picture, kind: str, mode: str):
    made = make_pair(picture(kind=kind, mode=mode), MOST, AVATAR)
    large, small = opened(made.large), opened(made.small)
    assert (large.format, large.size, small.format, small.size) == ("WEBP", (512, 512), "WEBP", (96, 96))


def test_the_middle_square_is_taken(picture):
    large = opened(make_pair(picture(900, 300), MOST, AVATAR).large)
    assert near(large.getpixel((20, 256)), (255, 0, 0))
    assert near(large.getpixel((490, 256)), (0, 0, 255))


def test_a_picture_is_turned_upright_and_loses_what_its_camera_wrote(picture):
    # Given a photo that says "turn me", and where and with what it was taken
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: the left half belongs at the top
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    photo = picture(600, 600, "JPEG", exif=exif, comment=b"SecretComment", icc_profile=b"SecretProfile")
    # When it is made into squares
    made = make_pair(photo, MOST, AVATAR)
    # Then it stands upright and nothing but pixels is left
    large = opened(made.large)
    assert near(large.getpixel((256, 20)), (255, 0, 0))
    assert near(large.getpixel((256, 490)), (0, 0, 255))
    for data in (made.large, made.small):
        assert b"Secret" not in data
        assert not opened(data).getexif()
        assert not {"exif", "icc_profile", "xmp"} & opened(data).info.keys()


def test_texts_in_a_png_are_left_behind(picture):
    info = PngInfo()
    info.add_text("Author", "SecretAuthor")
    info.add_itxt("XML:com.adobe.xmp", "SecretXmp")
    made = make_pair(picture(pnginfo=info), MOST, AVATAR)
    assert b"Secret" not in made.large + made.small


def test_transparency_stays(picture):
    image = Image.new("RGBA", (100, 100), (0, 255, 0, 0))
    target = io.BytesIO()
    image.save(target, "PNG")
    assert opened(make_pair(target.getvalue(), MOST, AVATAR).large).getpixel((50, 50))[3] == 0


def test_of_a_moving_picture_the_first_frame_is_taken():
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("lime", "red", "blue")]
    target = io.BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:])
    large = opened(make_pair(target.getvalue(), MOST, AVATAR).large)
    assert getattr(large, "n_frames", 1) == 1
    assert near(large.getpixel((256, 256)), (0, 255, 0))


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (513, 511)])
def test_odd_sizes_become_squares(picture, size: tuple[int, int]):
    image = Image.new("RGB", size, "red")
    target = io.BytesIO()
    image.save(target, "PNG")
    assert opened(make_pair(target.getvalue(), MOST, AVATAR).large).size == (512, 512)


def png_of(width: int, height: int) -> bytes:
    """A few hundred bytes that say they are width x height: the classical bomb."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9999))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(6000, 4001), (24_000_001, 1), (50_000, 50_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_decoded(width: int, height: int, monkeypatch):
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(Invalid, match="too many pixels; send one of at most 24 megapixels"):
        make_pair(png_of(width, height), MOST, AVATAR)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(data: bytes):
    with pytest.raises(Invalid) as refused:
        make_pair(data, MOST, AVATAR)
    assert refused.value.field == "avatar"
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "TGA"])
def test_other_formats_are_not_even_tried(picture, kind: str):
    with pytest.raises(Invalid, match="Send a PNG, JPEG, WebP or GIF"):
        make_pair(picture(64, 64, kind), MOST, AVATAR)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_damaged_pictures_never_raise_anything_but_a_refusal(picture, kind: str):
    """Cut and bent at random, from a fixed seed."""
    whole, chance = picture(80, 60, kind), random.Random(kind)
    for _ in range(150):
        data = bytearray(whole[: chance.randrange(len(whole) + 1)])
        for _ in range(chance.randrange(6)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(Refusal):
            assert opened(make_pair(bytes(data), MOST, AVATAR).large).size == (512, 512)


async def test_too_many_bytes_are_refused_with_the_limit():
    work = Pictures(most_bytes=5 * 1024 * 1024, most_pixels=MOST)
    with pytest.raises(Refusal, match=r"has 6\.0 MB; send one of at most 5 MB") as refused:
        await work.pair(bytes(6 * 1024 * 1024), AVATAR)
    assert refused.value.status == 413
    work.close()


async def test_a_crowd_is_asked_to_wait(monkeypatch):
    held = threading.Event()
    monkeypatch.setattr(pictures, "make_pair", lambda *_: held.wait(5))
    monkeypatch.setattr(pictures, "WAITING", 0)
    work = Pictures(most_bytes=1000, most_pixels=MOST)
    first = asyncio.create_task(work.pair(b"1", AVATAR))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="Try again"):
        await work.pair(b"2", AVATAR)
    held.set()
    await asyncio.wait_for(first, 5)
    work.close()


def test_a_banner_is_four_times_as_wide_as_high(picture):
    made = make_pair(picture(900, 900), MOST, BANNER)
    large, small = opened(made.large), opened(made.small)
    assert (large.format, large.size, small.size) == ("WEBP", (1600, 400), (800, 200))
    assert near(large.getpixel((20, 200)), (255, 0, 0))
    assert near(large.getpixel((1580, 200)), (0, 0, 255))


@pytest.mark.parametrize("shape", [AVATAR, BANNER])
@pytest.mark.parametrize("size", [(100_000, 100), (100, 100_000), (20_001, 1)])
def test_a_picture_of_a_hundred_thousand_pixels_is_refused_before_it_is_decoded(shape, size, monkeypatch):
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(Invalid, match="too long; send one of at most 20,000 pixels") as refused:
        make_pair(png_of(*size), MOST, shape)
    assert refused.value.field == shape.field


@pytest.mark.parametrize(
    "rider",
    [b"<script>alert(1)</script>", b"PK\x03\x04 a zip", b"<?php system(1); ?>", b"%PDF-1.7", b"\x7fELF"],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_what_rides_on_a_picture_is_left_behind(picture, rider: bytes, kind: str):
    """A polyglot: a picture to some programs, something else to others."""
    made = make_pair(picture(kind=kind) + rider, MOST, BANNER)
    assert rider not in made.large + made.small
    assert made.large[:4] == b"RIFF"
    assert int.from_bytes(made.large[4:8], "little") + 8 == len(made.large), "nothing stands after the picture"
