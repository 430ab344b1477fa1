"""Opening Redis: the one that a URL names, or one inside this process."""

from urllib.parse import urlsplit, urlunsplit

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from aethex_live.errors import ConfigError, StartError

SECONDS = 5.0
_SCHEMES = {"redis", "rediss", "unix"}


async def open_redis(url: str | None) -> Redis:
    """A Redis client that answers; values are bytes. Close it with `await client.aclose()`.

    Without a URL the store lives in this process (fakeredis: no INFO, no blocking BLMOVE, gone with the process).
    Raises `StartError` in a sentence when the named one does not answer. Calls are limited to 5 s: on a pub/sub use
    `get_message(timeout=…)`, not `listen()`.
    """
    if url is None:
        from fakeredis import FakeAsyncRedis, FakeServer  # a tenth of a start, which a site with Redis saves

        return FakeAsyncRedis(server=FakeServer(), version=(7, 4))
    if urlsplit(url).scheme not in _SCHEMES:
        raise ConfigError("REDIS_URL is no Redis address: it must look like redis://user:password@host:6379/0.")
    client = Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, health_check_interval=30)
    try:
        await client.ping()
    except AuthenticationError as error:
        await client.aclose()
        raise StartError(f"Redis at {shown(url)} refuses the password: correct REDIS_URL.") from error
    except (RedisError, OSError, TimeoutError) as error:
        await client.aclose()
        raise StartError(
            f"Redis at {shown(url)} can't be used ({error}): is it running, is REDIS_URL right?"
            " (Without REDIS_URL the platform uses one of its own, in the process.)"
        ) from error
    return client


def shown(url: str) -> str:
    """The address as it may stand in a log: without its password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@")))
