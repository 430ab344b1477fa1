"""Joins of the platform's parts: who hears which event, which topics pages hear. Private."""
