"""Pictures of emotes: what comes out is small, plain WebP, whatever was sent; what would do harm is refused at once."""

from __future__ import annotations

import io
import time

import pytest
from emote_files import SVG, gif_that_grows, gif_with_frames, moving, png_that_claims, still
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from aethex_live.errors import Invalid, Refusal
from aethex_plugins.chat.emote_pictures import MOST_BYTES, MOST_STORED, EmotePictures, TooLarge, draw, file_names


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["WEBP"])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_still_picture_is_drawn_in_three_sizes(kind: str) -> None:
    drawn = draw(still(300, 200, kind))
    assert not drawn.animated
    assert sorted(drawn.files) == sorted(file_names(animated=False))
    for name, body in drawn.files.items():
        side = int(name.split(".")[0])
        assert opened(body).size == (side, side)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_moving_picture_keeps_its_frames_and_times_and_has_still_twins(kind: str) -> None:
    drawn = draw(moving(5, kind, lasts=120))
    assert drawn.animated
    assert sorted(drawn.files) == sorted(file_names(animated=True))
    picture = opened(drawn.files["28.webp"])
    assert picture.n_frames == 5
    picture.load()
    assert picture.info["duration"] == 120
    assert not getattr(opened(drawn.files["28-still.webp"]), "is_animated", False)


def test_what_a_file_says_besides_its_pixels_is_dropped() -> None:
    words = PngInfo()
    words.add_text("Comment", "axs()" * 10)
    target = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "axs maker"
    Image.new("RGB", (80, 80), "blue").save(target, "PNG", pnginfo=words, exif=exif)
    sent = target.getvalue() + b"<script>axs()</script>"  # also what stands behind its end
    assert b"axs" in sent
    assert all(b"axs" not in body for body in draw(sent).files.values())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (SVG, "PNG, JPEG, WebP or GIF"),
        (b"MZ" + bytes(500), "PNG, JPEG, WebP or GIF"),
        (b"GIF89a/*" + bytes(200) + b"*/=axs()", "damaged|too many|PNG, JPEG"),
        (still()[:60], "damaged"),
        (still(900, 900, "JPEG")[:600], "damaged"),
        (png_that_claims(100_000, 100_000), "too many pixels"),
        (png_that_claims(100_000, 1), "too many pixels"),
        (gif_with_frames(10_000), "too many frames"),
        (gif_that_grows(), "too many pixels"),
        (moving(40, lasts=300), "too long"),
        (still(3000, 3000), "too many pixels"),
    ],
)
def test_what_is_no_picture_or_too_much_of_one_is_refused_in_a_moment(data: bytes, says: str) -> None:
    began = time.perf_counter()
    with pytest.raises(Invalid, match=says) as refusal:
        draw(data)
    assert refusal.value.field == "picture"
    assert time.perf_counter() - began < 5


def test_many_large_frames_are_too_many_pixels_though_each_alone_is_not() -> None:
    frames = [Image.new("P", (1500, 1500), number) for number in range(30)]
    target = io.BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], duration=50)
    assert len(target.getvalue()) < MOST_BYTES
    with pytest.raises(Invalid, match="too many pixels"):
        draw(target.getvalue())


def test_noise_that_moves_stays_within_the_bytes_that_are_kept() -> None:
    frames = [Image.effect_noise((112, 112), 100).convert("RGB") for _ in range(60)]
    target = io.BytesIO()
    frames[0].save(target, "WEBP", save_all=True, append_images=frames[1:], duration=50, quality=40)
    try:
        assert draw(target.getvalue()).size <= MOST_STORED
    except Invalid as refusal:
        assert "fewer frames" in str(refusal)  # either is right, which depends on the encoder


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [still(), still(kind="JPEG"), still(kind="WEBP"), moving(), moving(kind="WEBP"), moving(kind="PNG")]
    ),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=12),
    st.integers(0, 10_000),
)
def test_broken_bytes_give_a_picture_or_a_sentence(good: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(good)
    for place, value in changes:
        data[place % len(data)] = value
    try:
        drawn = draw(bytes(data[: cut % len(data) + 1 or None]))
    except Refusal as refusal:
        assert str(refusal).endswith(".")
    else:
        assert drawn.size <= MOST_STORED
        assert all(opened(body).size[0] in (28, 56, 112) for body in drawn.files.values())


async def test_a_file_above_the_bound_is_not_even_opened() -> None:
    pictures = EmotePictures()
    with pytest.raises(TooLarge, match="at most 1 MB"):
        await pictures.draw(still() + bytes(MOST_BYTES))
    with pytest.raises(Invalid, match="Choose a picture"):
        await pictures.draw(b"")
    pictures.close()
