"""Rate limits: so many of something in a span of time, counted in Redis for all processes."""

import logging
import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from aethex_live.clock import Clock

_PREFIX = "limit:"
_MOST_LOCAL = 10_000

# GCRA: one number a key, the time at which the bucket would be empty again; times in microseconds
_SCRIPT = """
local now, span, limit, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local next_at = full_at + span / limit * cost
if next_at - span > now then
  return {0, math.floor((now + span - full_at) * limit / span), math.ceil(next_at - span - now)}
end
redis.call('SET', KEYS[1], string.format('%.0f', next_at), 'PX', math.ceil((next_at - now) / 1000) + 1)
return {1, math.floor((now + span - next_at) * limit / span), 0}
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is allowed, how many more are at once, and in how many seconds the next one is when it is not."""

    allowed: bool
    remaining: int
    retry_after_s: float


class RateLimiter:
    """A token bucket a key: `limit` at once, refilled evenly over `per`.

    While Redis does not answer, each process counts for itself.
    """

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._script = redis.register_script(_SCRIPT)
        self._clock = clock
        self._local: OrderedDict[str, float] = OrderedDict()
        self._degraded = False

    async def hit(self, key: str, limit: int, per: timedelta, *, cost: int = 1) -> Verdict:
        """Count one use of `key` (or `cost` of them); a refused use costs nothing.

        `key` names the action and who does it ("sign-in:203.0.113.7"). `limit` must be positive.
        """
        if limit < 1 or cost < 1 or per <= timedelta(0):
            raise ValueError(f"a rate limit needs a positive limit, cost and span, not {limit}, {cost}, {per}")
        now, span = round(self._clock.now().timestamp() * 1e6), per / timedelta(microseconds=1)
        try:
            allowed, remaining, wait = await self._script(keys=[_PREFIX + key], args=[now, int(span), limit, cost])
        except (RedisError, OSError, TimeoutError) as error:
            self._warn(error)
            return self._hit_locally(key, now, span, limit, cost)
        self._degraded = False
        return Verdict(bool(allowed), max(0, int(remaining)), int(wait) / 1e6)

    def _warn(self, error: Exception) -> None:
        if not self._degraded:
            log.warning("Redis does not answer (%s): rate limits count in this process alone.", error)
        self._degraded = True

    def _hit_locally(self, key: str, now: float, span: float, limit: int, cost: int) -> Verdict:
        """The same rule as the script's."""
        full_at = max(self._local.get(key, 0.0), now)
        next_at = full_at + span / limit * cost
        if next_at - span > now:
            return Verdict(
                False, max(0, math.floor((now + span - full_at) * limit / span)), (next_at - span - now) / 1e6
            )
        self._local[key] = next_at
        self._local.move_to_end(key)
        if len(self._local) > _MOST_LOCAL:
            self._local.popitem(last=False)
        return Verdict(True, max(0, math.floor((now + span - next_at) * limit / span)), 0.0)
