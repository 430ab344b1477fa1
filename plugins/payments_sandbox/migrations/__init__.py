"""Migrations of email_outbox."""
