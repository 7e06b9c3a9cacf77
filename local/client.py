"""A small client of Deskbell's API: what a PMS developer would write first. The seed and the tests use it."""

import hashlib
import uuid
from pathlib import Path
from typing import Any

import httpx

TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".pdf": "application/pdf"}


class Client:
    """One caller: an address and a bearer token."""

    def __init__(self, api_url: str, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=api_url, headers=headers, timeout=30, trust_env=False)

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any call; the answer as it comes."""
        return self._http.request(method, path, **options)

    def get(self, path: str, **params: Any) -> Any:
        """What a GET answers; httpx.HTTPStatusError for a refusal."""
        return self.call("GET", path, params=params).raise_for_status().json()

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """What a POST answers, sent with a key so that repeating it does no harm."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        response = self.call("POST", path, json=body, headers=headers).raise_for_status()
        return response.json() if response.content else None

    def upload(self, path: Path, *, to: str = "/v1/uploads", key: str | None = None) -> str:
        """Declares a file and puts its bytes; returns its upload_id."""
        content = path.read_bytes()
        declared = {
            "name": path.name,
            "type": TYPES[path.suffix],
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        ready = self.post(to, declared, key=key)
        put = httpx.put(ready["url"], content=content, headers=ready["headers"], timeout=30, trust_env=False)
        if put.status_code != httpx.codes.PRECONDITION_FAILED:  # it is there already, from the same key
            put.raise_for_status()
        return str(ready["upload_id"])

    def close(self) -> None:
        """Lets go of its connections."""
        self._http.close()
