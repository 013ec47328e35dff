"""The limits themselves: pure, with a clock that tests set."""

import asyncio
from contextlib import AsyncExitStack
from ipaddress import ip_network

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from verification.endpoint.client_address import client_address, trusted_proxies
from verification.endpoint.gate import Gate, Limits, TooMany, fields, seconds
from verification.endpoint.rate_limit import (
    NETWORK_FACTOR,
    REST_FACTOR,
    SECOND,
    Buckets,
    Limiter,
    Rule,
    bucket_names,
    gcra,
)
from verification.endpoint.told_to_wait import told_to_wait
from verification.endpoint.turns import MOST_HERE

RULE = Rule("questions", burst=10, per_minute=60)  # one a second
NOW = 10**15


def test_a_burst_and_then_one_a_second() -> None:
    full_at = 0
    for left in range(9, -1, -1):
        told = gcra(full_at, NOW, 1, RULE)
        assert (told.allowed, told.remaining, told.wait) == (True, left, 0)
        full_at = told.full_at
    assert full_at == NOW + 10 * SECOND
    for later, allowed in ((0, False), (SECOND - 1, False), (SECOND, True)):
        told = gcra(full_at, NOW + later, 1, RULE)
        assert told.allowed is allowed
        assert told.wait == (0 if allowed else SECOND - later)
        assert told.remaining == 0


@pytest.mark.parametrize(
    ("cost", "allowed", "wait"),
    [
        pytest.param(10, True, 0, id="all of it"),
        pytest.param(11, False, SECOND, id="never: more than there is"),
        pytest.param(0, True, 0, id="nothing"),
    ],
)
def test_a_full_bucket(cost: int, allowed: bool, wait: int) -> None:
    told = gcra(0, NOW, cost, RULE)
    assert (told.allowed, told.wait) == (allowed, wait)


def test_what_was_refused_costs_nothing() -> None:
    told = gcra(NOW + 10 * SECOND, NOW, 3, RULE)
    assert (told.allowed, told.full_at, told.wait) == (False, NOW + 10 * SECOND, 3 * SECOND)


@given(
    gaps=st.lists(st.integers(0, 5 * SECOND), min_size=1, max_size=80),
    costs=st.lists(st.integers(1, 10), min_size=80, max_size=80),
)
def test_never_more_than_the_rule_in_any_span(gaps: list[int], costs: list[int]) -> None:
    now, full_at, taken = NOW, 0, []
    for gap, cost in zip(gaps, costs, strict=False):
        now += gap
        told = gcra(full_at, now, cost, RULE)
        full_at = told.full_at
        assert told.allowed == (told.wait == 0)
        if told.allowed:
            taken.append((now, cost))
        else:  # it would be allowed when it says, and not before
            assert gcra(full_at, now + told.wait, cost, RULE).allowed
            assert not gcra(full_at, now + told.wait - 1, cost, RULE).allowed
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            span = taken[last][0] - taken[first][0]
            assert sum(cost for _, cost in taken[first : last + 1]) <= RULE.burst + span // RULE.interval + 1


@pytest.mark.parametrize("per_minute", [1, 7, 60, 600, 59_999])
def test_an_hour_of_guessing_gives_what_the_rule_says(per_minute: int) -> None:
    limiter, allowed = Limiter(Rule("misses", 1000, per_minute)), 0
    step = max(1, 60 * SECOND // per_minute // 3)  # three times as fast as it may
    for turn in range(0, 3600 * SECOND, max(step, SECOND // 30)):
        allowed += limiter.take("192.0.2.1", 1, NOW + turn).allowed
    asked = 3600 * SECOND // max(step, SECOND // 30)
    expected = min(asked, 1000 + 60 * per_minute)
    assert abs(allowed - expected) <= expected * 0.05


def test_a_network_may_ask_more_than_an_address_and_not_without_end() -> None:
    limiter = Limiter(RULE)
    served = [sum(limiter.take(f"192.0.2.{host}", 1, NOW).allowed for _ in range(20)) for host in range(1, 7)]
    assert served == [10] * NETWORK_FACTOR + [0, 0]
    refused = limiter.take("192.0.2.200", 1, NOW)
    assert (refused.allowed, refused.rule.burst) == (False, 10 * NETWORK_FACTOR)
    # What the network refuses is not taken from the address either.
    assert limiter.take("192.0.2.200", 10, NOW + 10 * SECOND).allowed
    assert limiter.take("198.51.100.1", 10, NOW).allowed


def test_what_is_given_back_may_be_asked_again() -> None:
    limiter = Limiter(RULE)
    for _ in range(100):
        assert limiter.take("192.0.2.1", 10, NOW).allowed
        limiter.give_back("192.0.2.1", 10, NOW)
    assert limiter.take("192.0.2.1", 4, NOW).remaining == 6
    limiter.give_back("192.0.2.1", 1, NOW)
    assert limiter.take("192.0.2.1", 7, NOW).allowed
    assert not limiter.take("192.0.2.1", 1, NOW).allowed


def test_a_flood_of_addresses_neither_grows_it_nor_resets_anybody() -> None:
    limiter = Limiter(RULE, most=1000)
    assert limiter.take("192.0.2.1", 10, NOW).allowed
    answers = [limiter.take(f"2001:db8:{number:x}::1", 1, NOW).allowed for number in range(20_000)]
    assert len(limiter) <= 1002
    assert not limiter.take("192.0.2.1", 1, NOW).allowed
    # For whom there is no room, there is one bucket together.
    assert sum(answers) == pytest.approx(500 + 10 * REST_FACTOR, abs=2)
    assert limiter.take("203.0.113.5", 1, NOW + 2 * SECOND).allowed
    # A minute later all that is forgotten, and newcomers have their own again.
    assert limiter.take("203.0.113.5", 10, NOW + 60 * SECOND).rule == RULE
    assert len(limiter) <= 6


def test_what_is_full_again_is_forgotten_only_where_room_is_needed() -> None:
    buckets = Buckets(most=2)
    for name, at in (("a", NOW + SECOND), ("b", NOW + 9 * SECOND)):
        buckets.keep(buckets.place(name, NOW), at)
    assert buckets.place("a", NOW) == "a"
    assert buckets.place("c", NOW) != "c"
    assert buckets.place("c", NOW + 2 * SECOND) == "c"
    assert (buckets.full_at("a"), buckets.full_at("b")) == (0, NOW + 9 * SECOND)


@pytest.mark.parametrize(
    ("one", "other", "same_bucket", "same_network"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1", True, True),
        ("192.0.2.1", "192.0.2.2", False, True),
        ("192.0.2.1", "192.0.3.1", False, False),
        ("2001:db8::1", "2001:db8::ffff:1", True, True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False, True),
        ("2001:db8:0:100::1", "2001:db8:0:200::1", False, False),
        ("fe80::1%eth0", "fe80::1%eth1", True, True),
        ("testclient", "192.0.2.1", False, False),
        ("", "unknown", False, True),
    ],
)
def test_who_shares_a_bucket(one: str, other: str, same_bucket: bool, same_network: bool) -> None:
    (a, network), (b, other_network) = bucket_names(one), bucket_names(other)
    assert (a == b, network == other_network) == (same_bucket, same_network)
    assert a != network


def test_the_fields_round_up() -> None:
    taken = Limiter(Rule("questions", 1000, 7)).take("192.0.2.1", 1, NOW)
    assert fields(taken) == {
        "RateLimit-Policy": '"questions";q=1000;w=8572',
        "RateLimit": '"questions";r=999;t=9',
    }
    assert [seconds(nanoseconds) for nanoseconds in (0, 1, SECOND, SECOND + 1)] == [0, 1, 1, 2]


# ------------------------------------------------------------------ who asks

PROXIES = trusted_proxies("10.0.0.0/8, 127.0.0.1,fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "asked"),
    [
        pytest.param("192.0.2.1", "", "192.0.2.1", id="nobody between"),
        pytest.param("192.0.2.1", "198.51.100.9", "192.0.2.1", id="whoever says so himself"),
        pytest.param("10.1.1.1", "198.51.100.9", "198.51.100.9", id="a proxy"),
        pytest.param("127.0.0.1", "1.1.1.1, 198.51.100.9", "198.51.100.9", id="what stands before is not believed"),
        pytest.param("127.0.0.1", "1.1.1.1, 198.51.100.9, 10.2.2.2", "198.51.100.9", id="two proxies"),
        pytest.param("::ffff:127.0.0.1", "2001:db8::7", "2001:db8::7", id="one socket for both kinds"),
        pytest.param("10.1.1.1", "", "10.1.1.1", id="a proxy that says nothing"),
        pytest.param("10.1.1.1", "198.51.100.9, nonsense", "10.1.1.1", id="nonsense"),
        pytest.param("10.1.1.1", "nonsense, 10.3.3.3", "10.3.3.3", id="nonsense further off"),
        pytest.param("10.1.1.1", "10.9.9.9, 10.8.8.8", "10.9.9.9", id="nobody but proxies"),
        pytest.param("fd00::1", ("1.2.3.4," * 500) + "2001:db8::9", "2001:db8::9", id="a long story"),
        pytest.param(None, "198.51.100.9", "unknown", id="a socket without addresses"),
    ],
)
def test_who_asks(peer: str | None, forwarded: str, asked: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == asked


def test_nobody_is_believed_unless_he_is_named() -> None:
    assert client_address("127.0.0.1", "198.51.100.9", ()) == "127.0.0.1"
    assert trusted_proxies(" ") == ()
    assert trusted_proxies("192.0.2.0/24,::1") == (ip_network("192.0.2.0/24"), ip_network("::1"))


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.1/8", "10.0.0.0/33", "127.0.0.1;::1"])
def test_what_is_no_address_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is neither an address nor a network"):
        trusted_proxies(text)


def coming_from(address: str) -> Request:
    return Request({"type": "http", "client": (address, 1), "headers": []})


def test_of_each_address_one_file_is_looked_at_at_a_time() -> None:
    gate, told = Gate(Limits(0, 0, lambda: 0)), list[str]()

    async def look(address: str, name: str, done: asyncio.Event) -> None:
        async with gate.place(coming_from(address)) as turn, turn:
            told.append(name)
            await done.wait()

    async def all_at_once() -> None:
        done = asyncio.Event()
        asked = [("2001:db8::1", "first"), ("2001:db8::2", "its neighbour"), ("192.0.2.1", "somebody else")]
        looks = [asyncio.ensure_future(look(address, name, done)) for address, name in asked]
        for _ in range(9):
            await asyncio.sleep(0)
        assert told == ["first", "somebody else"]
        looks[0].cancel()  # who goes away keeps nobody waiting
        done.set()
        await asyncio.gather(*looks, return_exceptions=True)
        assert told == ["first", "somebody else", "its neighbour"]

    asyncio.run(all_at_once())
    assert len(gate._turns) == 0  # noqa: SLF001 nothing is kept of those who have gone


def test_so_many_files_of_an_address_wait_and_no_more() -> None:
    gate = Gate(Limits(0, 0, lambda: 0))

    async def fill() -> None:
        async with AsyncExitStack() as here:
            for _ in range(MOST_HERE):
                await here.enter_async_context(gate.place(coming_from("192.0.2.1")))
            with pytest.raises(TooMany) as refused:
                await here.enter_async_context(gate.place(coming_from("192.0.2.1")))
            told = told_to_wait(refused.value)
            assert (told.status_code, told.headers["Retry-After"]) == (429, "10")
            assert b"Too many files" in told.body
            await here.enter_async_context(gate.place(coming_from("192.0.2.2")))

    asyncio.run(fill())
    assert len(gate._turns) == 0  # noqa: SLF001 nothing is kept of those who have gone
