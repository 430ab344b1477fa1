"""What may vanish: Redis (in the process by default), and rate limits on it."""

from .limiter import RateLimiter, Verdict
from .redis import open_redis

__all__ = ["RateLimiter", "Verdict", "open_redis"]
