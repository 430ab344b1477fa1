"""No key leads out of the storage folder, and no two keys meet on the disk."""

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aethex_live.providers.storage_keys import is_key
from aethex_plugins.storage_local.keys import key_of, path_of

HOSTILE = st.text(st.sampled_from("ab./\\-_0@%A \0\n~:*?ä"), max_size=30)
LEGAL = st.from_regex(r"[a-z0-9._-]{1,12}(/[a-z0-9._-]{1,210}){0,3}", fullmatch=True).filter(is_key)


@given(HOSTILE | st.text(max_size=30))
@example("../../etc/passwd")
@example("a/../../b")
@example("/etc/passwd")
@example("a/..")
@example("..")
@example("a/./b")
@example("a\n")
def test_a_key_that_is_taken_stays_inside_the_folder(text: str):
    if is_key(text):
        place = Path("/data/storage", path_of(text))
        assert place.resolve().is_relative_to("/data/storage")
        assert ".." not in place.parts
        assert place != Path("/data/storage")


@given(LEGAL)
def test_a_key_is_found_again_from_its_path(key: str):
    assert key_of(path_of(key).parts) == key


@given(LEGAL, LEGAL)
def test_two_keys_have_two_paths(one: str, other: str):
    assert (path_of(one) == path_of(other)) == (one == other)


@given(LEGAL)
def test_no_name_on_the_disk_is_longer_than_file_systems_take(key: str):
    assert all(len(name) + len("@0123456789abcdef.draft") <= 255 for name in path_of(key).parts)


@pytest.mark.parametrize("key", ["", ".", "..", "...", "a//b", "a/", "/a", "A", "a@meta", "a b", "a" * 401])
def test_what_is_no_key_is_not_taken(key: str):
    assert not is_key(key)


def test_a_long_segment_is_cut_into_folders():
    assert path_of("a/" + "x" * 250) == PurePosixPath("a", "x" * 200 + "@", "x" * 50)
