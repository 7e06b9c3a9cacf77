"""The main job, over HTTP, against the packaged service with IAM on: a Georgian ticket and a real screenshot."""

from pathlib import Path

import httpx

from local.seed import DEMO
from tests.conftest import Running

SCREENSHOT, ANSWER = DEMO / "files" / "calendar-ka.png", DEMO / "files" / "answer.pdf"


def _download(url: str) -> bytes:
    return httpx.get(url, trust_env=False).raise_for_status().content


def test_a_hotel_user_is_helped_from_the_first_word_to_the_closing(running: Running, account: str) -> None:
    hotel = running.client(running.hotel_token(account, account_name="სასტუმრო მთაწმინდა"))
    agent = running.client(running.agent_token())

    opened = hotel.post(
        "/v1/tickets",
        {
            "topic": "bookings",
            "importance": "high",
            "subject": "კალენდარში ორმაგი ჯავშანი ჩანს",
            "text": "გამარჯობა, ნომერი 204 ხვალისთვის ორ სტუმარზეა დაჯავშნილი.\nეკრანის სურათს გიგზავნით.",
            "upload_id": hotel.upload(SCREENSHOT),
            "context": {"page": "/calendar"},
        },
    )
    number = opened["number"]

    (row,) = hotel.get("/v1/tickets")["items"]
    assert (row["number"], row["status"], row["unread"]) == (number, "new", False)

    waiting = next(row for row in _all_waiting(agent) if row["number"] == number)
    assert waiting["account_name"] == "სასტუმრო მთაწმინდა"
    seen = agent.get(f"/v1/agent/tickets/{number}")
    assert seen["messages"][0]["text"].startswith("გამარჯობა")
    link = agent.get(f"/v1/agent/tickets/{number}/attachments/{seen['messages'][0]['attachment']['id']}")
    assert _download(link["url"]) == SCREENSHOT.read_bytes()

    upload_id = agent.upload(ANSWER, to="/v1/agent/uploads")
    answer = {"text": "მეორე ჯავშანი 205-ში გადავიტანეთ. ნაბიჯები ფაილშია.", "upload_id": upload_id}
    agent.post(f"/v1/agent/tickets/{number}/messages", answer)

    assert [row["unread"] for row in hotel.get("/v1/tickets")["items"]] == [True]
    thread = hotel.get(f"/v1/tickets/{number}")
    last = thread["messages"][-1]
    assert (thread["status"], last["author"]) == ("open", {"kind": "agent", "name": "Nino"})
    link = hotel.get(f"/v1/tickets/{number}/attachments/{last['attachment']['id']}")
    assert _download(link["url"]) == ANSWER.read_bytes()
    hotel.post(f"/v1/tickets/{number}/read", {"up_to": last["id"]})
    assert [row["unread"] for row in hotel.get("/v1/tickets")["items"]] == [False]

    assert hotel.post(f"/v1/tickets/{number}/close")["status"] == "closed"
    assert number not in {row["number"] for row in _all_waiting(agent)}


def _all_waiting(agent: object) -> list[dict[str, object]]:
    rows, cursor = [], None
    while True:
        page = agent.get("/v1/agent/tickets", limit=100, **({"cursor": cursor} if cursor else {}))  # type: ignore[attr-defined]
        rows += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return rows


def test_the_files_of_the_main_job_are_real() -> None:
    for path, magic in ((SCREENSHOT, b"\x89PNG"), (ANSWER, b"%PDF-")):
        assert Path(path).read_bytes().startswith(magic)
        assert path.stat().st_size > 10_000
