"""What decides is read as it stands: DynamoDB's usual read may be of a moment ago, which MiniStack's never is."""

from typing import Any

import pytest

from tests.contract.conftest import Hotel
from tests.contract.test_files import PNG


def test_records_uploads_and_kept_keys_are_read_as_they_stand(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.adapters import issuer_keys, tables

    real, reads = tables.CONNECTION.dispatch, {}

    def look(operation: str, kwargs: dict[str, Any]) -> Any:
        if operation == "GetItem":
            place = f"{kwargs['Key']['pk']['S']}#{kwargs['Key']['sk']['S']}"
            reads[place] = kwargs.get("ConsistentRead")
        return real(operation, kwargs)

    upload_id = hotel.api.upload(hotel.anna, PNG, "image/png")
    monkeypatch.setattr(tables.CONNECTION, "dispatch", look)
    monkeypatch.setattr(issuer_keys, "_known", {})
    for _ in range(2):
        hotel.open(key="one", upload_id=upload_id)
    hotel.api.get("/v1/agent/catalog", hotel.agent)
    for kind in ("#done#POST /v1/tickets#one", f"#upload#{upload_id}", "keys#agents"):
        assert [is_current for place, is_current in reads.items() if place.endswith(kind)] == [True]
