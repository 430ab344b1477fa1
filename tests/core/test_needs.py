"""Optional needs of tests: skipped with a reason, or a failure where the machine must have them."""

import pytest

from needs import need


def test_what_is_here_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("AETHEX_SPECS", str(tmp_path_factory.getbasetemp()))
    assert need("specs").is_dir()


def test_what_is_missing_skips_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("AETHEX_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs chromium, which is not here: install the package"):
        need("chromium")


def test_what_is_missing_although_it_is_required_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("AETHEX_REQUIRE", "redis, chromium")
    with pytest.raises(pytest.fail.Exception, match="AETHEX_REQUIRE names it"):
        need("chromium")


def test_an_unknown_need_is_an_error() -> None:
    with pytest.raises(ValueError, match="nobody knows the need 'unicorns'"):
        need("unicorns")
