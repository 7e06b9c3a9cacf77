"""The main job, over HTTP, against the packaged service with IAM on: a Georgian ticket and a real screenshot."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

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

    headers = {"If-Match": str(agent.get(f"/v1/agent/tickets/{number}")["version"])}
    moved = agent.call("PATCH", f"/v1/agent/tickets/{number}", json={"topic": "channels"}, headers=headers)
    assert moved.raise_for_status().json()["topic"] == "channels"
    today = datetime.now(ZoneInfo("Asia/Tbilisi")).date().isoformat()
    (row,) = hotel.get("/v1/tickets", date=today, topic="bookings", status="open")["items"]
    assert (row["number"], row["moved_to"]) == (number, "channels")
    assert hotel.get("/v1/tickets", topic="channels")["items"] == []

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


def test_support_writes_first_and_the_hotel_finds_it_unread(running: Running, account: str) -> None:
    hotel, agent = running.client(running.hotel_token(account)), running.client(running.agent_token())
    body = {
        "account": f"demo/{account}",
        "topic": "billing",
        "importance": "normal",
        "subject": "აქტი",
        "text": "მზადაა.",
    }
    number = agent.post("/v1/agent/tickets", body)["number"]
    assert [row["number"] for row in hotel.get("/v1/tickets", unread="true")["items"]] == [number]
    hotel.post(f"/v1/tickets/{number}/messages", {"text": "მივიღეთ."})
    mine = agent.get("/v1/agent/tickets", assignee="me", team="billing", account=f"demo/{account}")
    assert [row["number"] for row in mine["items"]] == [number]
    assert agent.get("/v1/agent/queue")["waiting"] >= 1
    assert running.client().get("/v1/contacts", locale="ka")["phones"]
    vote = {"article": "requests/new-request", "locale": "ka", "helpful": True}
    assert running.client().post("/v1/faq/votes", vote) is None


def test_the_files_of_the_main_job_are_real() -> None:
    for path, magic in ((SCREENSHOT, b"\x89PNG"), (ANSWER, b"%PDF-")):
        assert Path(path).read_bytes().startswith(magic)
        assert path.stat().st_size > 10_000
