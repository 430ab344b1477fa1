"""Fixtures of the browser tests: a real browser, a real encoder."""

from encoders import chromium, go_live, new_page

__all__ = ["chromium", "go_live", "new_page"]
