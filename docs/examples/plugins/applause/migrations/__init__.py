"""Migrations of applause."""
