"""Demo data: three hotels, three agents, 42 tickets in five languages, real files. Seeding twice changes nothing."""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from local import pms
from local.agents import agent_token
from local.client import Client
from local.stack import Stack

DEMO = Path(__file__).parent / "demo"


def demo() -> dict[str, Any]:
    """The demo data as written."""
    return tomllib.loads((DEMO / "tickets.toml").read_text("utf-8"))


class Seed:
    """Writes the demo data through the API, as its people would."""

    def __init__(self, stack: Stack, api_url: str) -> None:
        self._stack = stack
        self._api_url = api_url
        self._demo = demo()

    def run(self, progress: Callable[[int, int], None]) -> None:
        """Every ticket in turn; `progress` is told how many of how many are done."""
        tickets = self._demo["ticket"]
        for index, ticket in enumerate(tickets):
            self._write(f"seed-{index}", ticket)
            progress(index + 1, len(tickets))

    def _write(self, key: str, ticket: dict[str, Any]) -> None:
        opened = self._open_for_hotel(key, ticket) if "agent" in ticket else self._open(key, ticket)
        for index, entry in enumerate(ticket.get("then", ())):
            if "change" in entry:
                self._change(opened["number"], entry)
            else:
                self._reply(f"{key}-{index}", ticket["account"], opened["number"], entry)

    def _open(self, key: str, ticket: dict[str, Any]) -> Any:
        user = self._user(ticket["account"], ticket["user"])
        body = {name: ticket[name] for name in ("topic", "subject", "text", "importance", "languages")}
        return user.post("/v1/tickets", body | self._file(user, "/v1/uploads", ticket, key), key=key)

    def _open_for_hotel(self, key: str, ticket: dict[str, Any]) -> Any:
        agent = self._agent(ticket["agent"])
        body = {
            name: ticket[name] for name in ("topic", "subject", "text", "importance", "requester") if name in ticket
        }
        return agent.post("/v1/agent/tickets", {**body, "account": f"{pms.ISSUER_ID}/{ticket['account']}"}, key=key)

    def _change(self, number: str, entry: dict[str, Any]) -> None:
        agent, path = self._agent(entry["by"].removeprefix("agent:")), f"/v1/agent/tickets/{number}"
        version = {"If-Match": str(agent.get(path)["version"])}
        agent.call("PATCH", path, json=entry["change"], headers=version).raise_for_status()

    def _reply(self, key: str, account: str, number: str, entry: dict[str, Any]) -> None:
        kind, _, who = entry["by"].partition(":")
        status: dict[str, Any] = {}
        if kind == "agent":
            client, prefix = self._agent(who), "/v1/agent"
            status = {name: entry[name] for name in ("status", "note") if name in entry}
        else:
            client, prefix = self._user(account, who), "/v1"
        body = {"text": entry["text"], **status, **self._file(client, f"{prefix}/uploads", entry, key)}
        client.post(f"{prefix}/tickets/{number}/messages", body, key=key)

    @staticmethod
    def _file(client: Client, route: str, entry: dict[str, Any], key: str) -> dict[str, str]:
        if "file" not in entry:
            return {}
        return {"upload_id": client.upload(DEMO / "files" / entry["file"], to=route, key=f"{key}-file")}

    @cache  # noqa: B019 - one seed a process
    def _user(self, account: str, sub: str) -> Client:
        hotel = next(each for each in self._demo["hotel"] if each["account"] == account)
        user = next(each for each in hotel["users"] if each["sub"] == sub)
        token = pms.hotel_token(
            self._stack.state_dir,
            account=account,
            user=sub,
            name=user["name"],
            account_name=hotel["name"],
            locale=user["locale"],
            zoneinfo=hotel["zone"],
        )
        return Client(self._api_url, token)

    @cache  # noqa: B019 - one seed a process
    def _agent(self, sub: str) -> Client:
        agent = next(each for each in self._demo["agent"] if each["sub"] == sub)
        token = agent_token(self._stack, sub, name=agent["name"], supervisor=agent["supervisor"], teams=agent["teams"])
        return Client(self._api_url, token)
