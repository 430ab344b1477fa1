"""The plugin runtime: finds, checks, starts, calls and stops plugins (private to the core)."""
