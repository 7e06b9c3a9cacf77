"""Dollars a million tickets or chats, from the units and calls that were counted.

Prices of us-east-1 without free tiers and discounts, as quoted in November 2026 of AWS's pages: DynamoDB on demand
(aws.amazon.com/dynamodb/pricing), a REST API's first 333 million requests a month, a websocket API's first billion
messages (of 32 KB, in either direction) and its connection minutes (aws.amazon.com/api-gateway/pricing), Lambda's
requests, and its time on arm64 (aws.amazon.com/lambda/pricing), SQS's standard queues (aws.amazon.com/sqs/pricing).
Left out: Lambda's time, which no machine but AWS's can tell, but for a line that assumes it; the authorizer (once a
minute for a token, $0.2 a million times), storage, logs, traces and traffic.
"""

from collections.abc import Mapping

from bench.growth import Cost

WRITE_UNIT, READ_UNIT, GATEWAY, FUNCTION = 0.625, 0.125, 3.5, 0.2
"""Dollars a million: write units, read units, requests to the API, invocations."""
MESSAGE, MINUTE, QUEUE, GIGABYTE_SECOND = 1.0, 0.25, 0.4, 13.3334
"""Dollars a million: messages of a socket, minutes that one is open, requests to SQS, seconds of 1 GB of a function."""
ONE_ANSWER = {
    "open": 1,
    "history: all": 3,
    "hotel: a short ticket": 2,
    "agents: waiting": 2,
    "agents: a short ticket": 2,
    "answer, first": 1,
    "read": 1,
    "close": 1,
}
"""A ticket that is answered once: opened, found and looked at by both sides, answered, read, closed by the hotel."""
ANOTHER_ROUND = {
    "reply after an answer": 1,
    "hotel: a short ticket": 1,
    "agents: waiting": 1,
    "agents: a short ticket": 1,
    "answer again": 1,
    "read": 1,
}
"""What another question and answer add."""


def dollars(requests: Mapping[str, int], costs: Mapping[str, Cost]) -> tuple[float, float]:
    """For a million times these requests: what DynamoDB takes, and what API Gateway and Lambda take for being asked."""
    counted = [(times, costs[what]) for what, times in requests.items()]
    units = sum(times * (cost.writes * WRITE_UNIT + cost.reads * READ_UNIT) for times, cost in counted)
    return units, sum(requests.values()) * (GATEWAY + FUNCTION)
