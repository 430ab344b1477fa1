"""Events of reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from aethex_live.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiled(Event):
    """Somebody reported something; `kind` and `subject_id` name it."""

    type: ClassVar[str] = "reports.filed"
    report_id: UUID
    kind: str
    subject_id: str
    channel_id: UUID | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsClosed(Event):
    """All open reports of one thing were closed together; `act` is what was done, `reports` how many they were."""

    type: ClassVar[str] = "reports.closed"
    case_id: UUID
    kind: str
    subject_id: str
    channel_id: UUID | None
    act: str
    reports: int


ALL: tuple[type[Event], ...] = (ReportFiled, ReportsClosed)
