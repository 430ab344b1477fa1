"""Migrations of auth_local."""
