"""The official plugins, one folder each."""
