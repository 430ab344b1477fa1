"""Migrations of the core, applied in the order of their numbers."""
