"""Settings of reports."""

from __future__ import annotations

from pydantic import Field

from aethex_live import PluginSettings


class ReportsSettings(PluginSettings):
    """Who may report how often, and how long closed reports are kept."""

    guests: bool = Field(True, description="people without an account may report")
    guests_per_hour: int = Field(5, ge=1, le=100, description="reports an hour from one address without an account")
    accounts_per_hour: int = Field(20, ge=1, le=1000, description="reports an hour from one account")
    keep_days: int = Field(180, ge=1, le=3650, description="days that closed reports are kept")
