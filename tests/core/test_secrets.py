"""The secret and what derives from it: kept by one owner, signatures that hold, expire and can't be moved."""

from __future__ import annotations

import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from aethex_live.clock import ManualClock
from aethex_live.errors import ConfigError, StartError
from aethex_live.secrets import BadSignature, Secrets, SignatureExpired, load_secrets
from aethex_live.settings import Site

KEY = b"k" * 40


def secrets_at(clock: ManualClock | None = None, key: bytes = KEY) -> Secrets:
    return Secrets(key, clock or ManualClock())


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    site = Site(data=tmp_path / "data")
    first, second = (load_secrets(site, ManualClock()) for _ in range(2))
    file = tmp_path / "data" / "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first.fingerprint == second.fingerprint
    assert [path.name for path in file.parent.iterdir()] == ["secret"]


def test_processes_that_start_at_once_end_up_with_one_secret(tmp_path: Path) -> None:
    found: list[str] = []
    start = threading.Barrier(8)

    def begin() -> None:
        start.wait()
        found.append(load_secrets(Site(data=tmp_path), ManualClock()).fingerprint)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_secret_that_others_could_read_is_taken_from_them(tmp_path: Path) -> None:
    load_secrets(Site(data=tmp_path), ManualClock())
    (tmp_path / "secret").chmod(0o644)
    load_secrets(Site(data=tmp_path), ManualClock())
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_damaged_secret_is_not_replaced_but_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("short")
    with pytest.raises(StartError, match="has 5 of 32 characters: put it back from a backup"):
        load_secrets(Site(data=tmp_path), ManualClock())


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StartError, match="can't be used: "):
        load_secrets(Site(data=tmp_path / "data"), ManualClock())


def test_a_secret_of_the_environment_is_used_and_a_short_one_refused(tmp_path: Path) -> None:
    given_one = load_secrets(Site(data=tmp_path, secret=SecretStr("s" * 40)), ManualClock())
    assert given_one.fingerprint == secrets_at(key=b"s" * 40).fingerprint
    assert not list(tmp_path.iterdir())
    with pytest.raises(ConfigError, match="has 3 characters; 32 are needed: python3 -c"):
        load_secrets(Site(secret=SecretStr("abc")), ManualClock())


def test_keys_differ_by_purpose_scope_and_secret() -> None:
    keys = secrets_at()
    made = [
        keys.derive("a"), keys.derive("b"), keys.scoped("chat").derive("a"), keys.scoped("clips").derive("a"),
        secrets_at(key=b"x" * 40).derive("a"),
    ]  # fmt: skip
    assert len(set(made)) == len(made)
    assert keys.derive("a", 70)[:32] == keys.derive("a")
    assert KEY.decode() not in repr(keys)


def test_derivation_is_hkdf_as_openssl_computes_it() -> None:
    """`openssl kdf -keylen 40 -kdfopt digest:SHA256 -kdfopt salt:aethex-live … HKDF` gave this.

    Stream keys and sessions hang on it: it must never change.
    """
    theirs = "ba4ce0da5da66fa3f50197be2184b495a6f20a98470f46f064af2fcd4fc402d567c8386cd423e805"
    assert secrets_at().derive("stream-key", 40).hex() == theirs


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_signed_comes_back(payload: bytes, purpose: str) -> None:
    keys = secrets_at()
    assert keys.unsign(purpose, keys.sign(purpose, payload, timedelta(minutes=1))) == payload
    assert keys.unsign(purpose, keys.sign(purpose, payload)) == payload


@given(st.data())
def test_no_changed_text_is_taken(data: st.DataObject) -> None:
    keys = secrets_at()
    text = keys.sign("p", b"payload", timedelta(minutes=1))
    position = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCabc019-_=é \n"))
    changed = text[:position] + letter + text[position + 1 :]
    for wrong in {changed, text[:position], text + letter} - {text}:
        with pytest.raises(BadSignature):
            keys.unsign("p", wrong)


def test_a_signature_holds_for_its_purpose_and_scope_alone() -> None:
    keys = secrets_at()
    text = keys.sign("mail", b"x")
    for other in (lambda: keys.unsign("login", text), lambda: keys.scoped("chat").unsign("mail", text)):
        with pytest.raises(BadSignature):
            other()


def test_a_signature_expires_by_the_clock() -> None:
    clock = ManualClock()
    keys = secrets_at(clock)
    text = keys.sign("p", b"x", timedelta(seconds=10))
    clock.advance(9.99)
    assert keys.unsign("p", text) == b"x"
    clock.advance(0.01)
    with pytest.raises(SignatureExpired, match="has expired; ask for a new one"):
        keys.unsign("p", text)
