"""Helpers and an encoder for the tests of the files that go public."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from encoders import go_live

__all__ = ["go_live"]
