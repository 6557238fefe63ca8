"""A limiter for all processes together, over Redis."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import ceil
from threading import Lock

import redis

from connectors.http.deadline import Deadline
from connectors.http.limiter import Clock
from connectors.http.response import Response
from connectors.limits.rate import MARGIN, Rate, Windows, is_urgent
from connectors.limits.shared import AwayError, Shared, key
from connectors.limits.throttle import Throttle, until_free

SETTLING = 5.0
"""Seconds for which a process that finds Redis again, or finds an empty one, keeps to its share:
until then others may not have found it.
"""

# One step for all windows, by the clock of Redis, which is everybody's. Scores are milliseconds.
_TAKE = """
local sent, pause, waiting, processes, since = unpack(KEYS)
local process, thread, member = ARGV[1], ARGV[2], ARGV[3]
local urgent, patience, longest, windows = ARGV[4] == '1', tonumber(ARGV[5]), ARGV[6], ARGV[7]
local held = tonumber(ARGV[8])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function ms(value) return string.format('%.0f', value) end

for i = 9 + 2 * windows, #ARGV, 2 do
  redis.call('ZADD', sent, 'NX', ms(now - ARGV[i]), ARGV[i + 1])
end
redis.call('ZREMRANGEBYSCORE', sent, '-inf', ms(now - longest))
redis.call('ZADD', processes, ms(now), process)
redis.call('ZREMRANGEBYSCORE', processes, '-inf', ms(now - 60000))
redis.call('SET', since, ms(now), 'NX')

local wait = math.max(redis.call('PTTL', pause), held)
for i = 9, 7 + 2 * windows, 2 do
  local place = ARGV[i + 1] - 1
  local last = redis.call('ZREVRANGE', sent, place, place, 'WITHSCORES')
  if last[2] then wait = math.max(wait, last[2] + ARGV[i] - now) end
end
if urgent then
  redis.call('ZREM', waiting, thread)
  if wait > 0 and wait < patience then redis.call('ZADD', waiting, ms(now + wait + 250), thread) end
elseif wait <= 0 and redis.call('ZCOUNT', waiting, ms(now), '+inf') > 0 then
  wait = 20
end
if wait <= 0 then redis.call('ZADD', sent, ms(now), member) end

redis.call('PEXPIRE', sent, longest)
redis.call('PEXPIRE', waiting, 60000)
redis.call('PEXPIRE', processes, 60000)
redis.call('PEXPIRE', since, 86400000)
local found = redis.call('GET', since)
return {ms(wait), redis.call('ZCARD', processes), ms(now - found), redis.call('ZCARD', sent)}
"""
_REST = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
end
"""
_KEYS = ("sent", "pause", "waiting", "processes", "since")


@dataclass(frozen=True, slots=True)
class _Reply:
    wait: float
    processes: int
    age: float
    used: int


class SharedThrottle:
    """Limits all processes together to ``rate``; a pause that one is asked for is everybody's.

    While Redis is away each process keeps to its share, by the number of processes that asked
    within the last minute that Redis knew; ``processes`` is the least it reckons with.
    """

    def __init__(
        self,
        name: str,
        rate: Rate,
        shared: Shared,
        *,
        processes: int = 1,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._keys = [key(name, what) for what in _KEYS]
        self._rate = rate
        self._shared = shared
        self._own = Throttle(rate, clock=clock, sleep=sleep)
        self._least = processes
        self._processes = processes
        self._used = 0
        self._is_alone = True
        self._settled = float("-inf")
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()

    def acquire(self, deadline: Deadline) -> None:
        """When every window has room, no pause is on, and no command waits before a sync."""
        waits = self._rate.waits
        take = partial(self._take, deadline if waits else Deadline(0.0))
        until_free(take, deadline, waits=waits, sleep=self._sleep)

    def observe(self, response: Response) -> None:
        """A pause for all processes."""
        seconds = self._own.pause(response)
        if not seconds:
            return
        # Rounded up: Redis refuses a time of nothing. Without the others this process keeps to it.
        ms = ceil(seconds * 1000)
        with suppress(AwayError):
            self._shared.ask(lambda client: client.eval(_REST, 1, self._keys[1], ms))

    def _take(self, deadline: Deadline) -> float:
        with self._lock:
            now = self._clock()
            keeps_to_share = self._is_alone or now < self._settled
            held = self._own.wait(now, self._processes) if keeps_to_share else 0.0
            try:
                reply = self._shared.ask(partial(self._ask, now, held, deadline.remaining()))
            except AwayError:
                self._leave()
                return self._own.take(self._processes)
            self._learn(reply, now)
            if not reply.wait:
                self._own.sent.note(now)
            return reply.wait

    def _ask(self, now: float, held: float, patience: float, client: redis.Redis) -> _Reply:
        windows = self._rate.windows(urgent=is_urgent())
        longest = max(windows, default=0.0) + MARGIN
        arguments = [
            self._shared.process,
            self._shared.thread,
            self._member(now),
            "1" if is_urgent() else "0",
            _ms(patience),
            _ms(longest),
            len(windows),
            ceil(held * 1000),
            *_pairs(windows),
            *(self._before(now, longest) if self._is_alone else ()),
        ]
        raw = client.eval(_TAKE, len(self._keys), *self._keys, *map(str, arguments))
        assert isinstance(raw, Sequence)
        wait, processes, age, used = map(int, raw)
        return _Reply(wait / 1000, processes, age / 1000, used)

    def _before(self, now: float, longest: float) -> list[object]:
        """What this process sent while nobody counted, for Redis to count it."""
        sent = self._own.sent.since(now - longest)
        return [part for at in sent for part in (_ms(now - at), self._member(at))]

    def _member(self, at: float) -> str:
        return f"{self._shared.process}:{at!r}"

    def _learn(self, reply: _Reply, now: float) -> None:
        if self._is_alone:
            self._settled = now + SETTLING
        self._settled = max(self._settled, now + SETTLING - reply.age)
        self._is_alone = False
        self._used = reply.used
        # An empty Redis does not know the others yet.
        known = self._processes if now < self._settled else self._least
        self._processes = max(known, reply.processes)

    def _leave(self) -> None:
        if not self._is_alone:
            self._own.leave(self._used, self._processes)
        self._is_alone = True


def _pairs(windows: Windows) -> list[object]:
    return [part for pair in windows.items() for part in (_ms(pair[0] + MARGIN), pair[1])]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
