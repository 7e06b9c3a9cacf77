"""A hotel user's tickets, through the app's edge."""

import json

from tests.contract.conftest import Hotel
from tests.contract.test_files import PNG


def test_an_opened_ticket_is_whole_and_found_again(hotel: Hotel) -> None:
    opened = hotel.open(context={"page": "/calendar"}, languages=["ka", "ru"])
    assert opened["status"] == "new"
    assert opened["opened_by"] == "ანა"
    assert opened["context"] == {"page": "/calendar"}
    assert [each["text"] for each in opened["messages"]] == [hotel.request["text"]]
    assert hotel.view(opened["number"]) == opened
    (row,) = hotel.api.get("/v1/tickets", hotel.anna)["items"]
    assert row.items() <= opened.items()


def test_a_colleague_sees_the_hotels_tickets(hotel: Hotel) -> None:
    opened = hotel.open()
    assert hotel.view(opened["number"], hotel.beka) == opened
    assert [row["number"] for row in hotel.api.get("/v1/tickets", hotel.beka)["items"]] == [opened["number"]]


def test_text_comes_back_exactly_as_it_was_sent(hotel: Hotel) -> None:
    text = " \tქართული\u200e and \U0001f3e8 кириллица\n<b>&amp;\u0301 \n"
    assert hotel.open(text=text)["messages"][0]["text"] == text


def test_a_longest_text_in_the_widest_script_is_kept(hotel: Hotel) -> None:
    text = "\U0001f3e8" * 20_000
    opened = hotel.open(text=text, key="long")
    assert hotel.view(opened["number"])["messages"][0]["text"] == text
    details = hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body={**hotel.request, "text": text + "x"})
    assert "text" in details.problem(400, "invalid_request")["fields"]


def test_the_largest_ticket_there_can_be_fits_an_item_a_transaction_and_an_answer(hotel: Hotel) -> None:
    """400 KB an item and 100 items a transaction, both refused by the local stack as by AWS; 6 MB an answer."""
    wide = "𐍈"
    context = {f"{n:02}{wide * 198}": wide * 200 for n in range(20)}
    ticket = hotel.open(subject=wide * 200, text=wide * 20_000, context=context, key="x" * 128)
    path, token_of = f"/v1/tickets/{ticket['number']}/messages", hotel.api.running.hotel_token
    for n in range(110):
        token = token_of(hotel.account, f"{n:03}{wide * 39}", name=wide * 100)
        hotel.api.post(path, token, {"text": wide * (20_000 if n > 90 else 1)})
    upload_id = hotel.api.upload(hotel.agent, PNG, "image/png", prefix="/v1/agent")
    hotel.answer(ticket["number"], wide * 20_000, upload_id=upload_id, status="pending")
    assert len(json.dumps(hotel.agent_view(ticket["number"]))) < 6_000_000


def test_an_answer_is_read_and_the_ticket_closed(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.answer(number, "გამოასწორეთ ასე.")
    seen = hotel.view(number)
    assert [(each["author"]["kind"], each["text"]) for each in seen["messages"]][-1] == ("agent", "გამოასწორეთ ასე.")
    assert seen["status"] == "open"
    closed = hotel.api.post(f"/v1/tickets/{number}/close", hotel.anna, status=200)
    assert closed["status"] == "closed"
    assert closed["closed_at"] == closed["updated_at"]
    assert "due_at" not in closed


def test_closing_a_closed_ticket_changes_nothing(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    first = hotel.api.post(f"/v1/tickets/{number}/close", hotel.anna, status=200)
    assert hotel.api.post(f"/v1/tickets/{number}/close", hotel.beka, status=200) == first


def test_a_reply_reopens_a_closed_ticket(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    hotel.api.post(f"/v1/tickets/{number}/close", hotel.anna, status=200)
    hotel.reply(number)
    seen = hotel.view(number)
    assert seen["status"] == "open"
    assert "closed_at" not in seen


def test_replies_at_the_same_moment_are_all_kept_and_numbered_in_order(hotel: Hotel) -> None:
    from concurrent.futures import ThreadPoolExecutor

    number = hotel.open()["number"]
    with ThreadPoolExecutor(8) as pool:
        sent = {message["id"] for message in pool.map(lambda n: hotel.reply(number, f"{n}"), range(8))}
    seen = hotel.view(number)["messages"]
    assert [each["id"] for each in seen] == [f"m{n}" for n in range(1, 10)]
    assert sent == {f"m{n}" for n in range(2, 10)}
    assert {each["text"] for each in seen[1:]} == {str(n) for n in range(8)}


def test_an_answer_is_unread_for_the_whole_hotel_until_somebody_opens_it(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    assert not hotel.view(number)["unread"]
    answer = hotel.answer(number)
    assert hotel.view(number)["unread"]
    assert hotel.view(number, hotel.beka)["unread"]
    read = {"up_to": answer["id"]}
    hotel.api.post(f"/v1/tickets/{number}/read", hotel.beka, read, status=204)
    assert not hotel.view(number, hotel.beka)["unread"]
    assert hotel.view(number)["unread"], "who takes part has not opened it himself"
    assert [row["unread"] for row in hotel.api.get("/v1/tickets", hotel.anna)["items"]] == [True]
    assert [row["unread"] for row in hotel.api.get("/v1/tickets", hotel.beka)["items"]] == [False]
    hotel.api.post(f"/v1/tickets/{number}/read", hotel.anna, read, status=204)
    assert not hotel.view(number)["unread"]


def test_reading_up_to_a_message_leaves_a_later_answer_unread(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    first = hotel.answer(number, "პირველი")
    second = hotel.answer(number, "მეორე")
    hotel.api.post(f"/v1/tickets/{number}/read", hotel.anna, {"up_to": first["id"]}, status=204)
    assert hotel.view(number)["unread"]
    assert hotel.view(number, hotel.beka)["unread"]
    hotel.api.post(f"/v1/tickets/{number}/read", hotel.anna, {"up_to": second["id"]}, status=204)
    assert not hotel.view(number)["unread"]
    assert not hotel.view(number, hotel.beka)["unread"]


def test_reading_up_to_a_message_that_is_not_there_is_not_found(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    for up_to in ("m2", "m0", "n1", "", "x", "m1 "):
        answer = hotel.api.call("POST", f"/v1/tickets/{number}/read", token=hotel.anna, body={"up_to": up_to})
        answer.problem(404, "not_found")
    hotel.api.post(f"/v1/tickets/{number}/read", hotel.anna, {"up_to": "m1"}, status=204)


def test_a_follow_up_names_the_ticket_it_follows(hotel: Hotel) -> None:
    earlier = hotel.open()["number"]
    assert hotel.open(follow_up_of=earlier)["follow_up_of"] == earlier
    other = {**hotel.request, "follow_up_of": "1234567894"}
    for number in ("1234567894", "", "x", "-" * 5000 + "1234567894"):
        other["follow_up_of"] = number
        hotel.api.call("POST", "/v1/tickets", token=hotel.anna, body=other).problem(404, "not_found")


def test_a_number_may_be_written_with_spaces_and_hyphens(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    spaced = f"{number[:3]}%20{number[3:6]}-{number[6:]}"
    assert hotel.view(spaced)["number"] == number


def test_a_wrong_check_digit_adds_a_hint_and_nothing_else_does(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    misheard = number[:-1] + str((int(number[-1]) + 1) % 10)
    answer = hotel.api.call("GET", f"/v1/tickets/{misheard}", token=hotel.anna)
    assert "last digit" in answer.problem(404, "not_found")["hint"]
    for unknown in ("1234567894", "12345", "abc", "%F0%9F%8F%A8", "0123456789"):
        assert hotel.api.call("GET", f"/v1/tickets/{unknown}", token=hotel.anna).problem(404, "not_found") == {}


def test_a_thread_longer_than_a_page_is_read_page_by_page(hotel: Hotel) -> None:
    number = hotel.open()["number"]
    for n in range(2, 57):
        hotel.reply(number, str(n))
    newest = hotel.view(number)
    assert [each["id"] for each in newest["messages"]] == [f"m{n}" for n in range(7, 57)]
    older = hotel.api.get(f"/v1/tickets/{number}", hotel.anna, messages_cursor=newest["messages_cursor"])
    assert [each["id"] for each in older["messages"]] == [f"m{n}" for n in range(1, 7)]
    assert older["messages_cursor"] is None


def test_a_page_of_a_thread_stays_under_a_megabyte(hotel: Hotel) -> None:
    number = hotel.open(text="\U0001f3e8" * 20_000)["number"]
    for _ in range(14):
        hotel.reply(number, "\U0001f3e8" * 20_000)
    newest = hotel.view(number)
    assert [each["id"] for each in newest["messages"]] == [f"m{n}" for n in range(4, 16)]
    older = hotel.api.get(f"/v1/tickets/{number}", hotel.anna, messages_cursor=newest["messages_cursor"])
    assert [each["id"] for each in older["messages"]] == ["m1", "m2", "m3"]
