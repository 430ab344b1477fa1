"""What operators are told on every page, and at the start, while most of the site is off."""

SAFE_MODE = "Safe mode: only the core and the chosen providers run. Start without --safe to have the plugins back."
