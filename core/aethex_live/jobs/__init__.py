"""Work outside of requests: commands that must not be lost, and what is done again and again."""

from .contracts import DeadJob, GiveUp, OutboxCall, OutboxHandler, Schedule, ScheduleRow, WaitingJob
from .jobs import Jobs

__all__ = ["DeadJob", "GiveUp", "Jobs", "OutboxCall", "OutboxHandler", "Schedule", "ScheduleRow", "WaitingJob"]
