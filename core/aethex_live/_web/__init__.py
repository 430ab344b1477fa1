"""The core's own pages and API: shells that plugins fill. Private: plugins use `aethex_live.web`."""
