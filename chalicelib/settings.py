"""What the deployment tells the functions, read once from the environment."""

import json
import os
from functools import cache
from typing import Any

import msgspec

PUBLIC_DEFAULT = "deskbell"


class Settings(msgspec.Struct, frozen=True):
    """Names and addresses that `infra/resources.yaml` sets; the defaults only let `import app` work anywhere."""

    tickets_table: str = f"{PUBLIC_DEFAULT}-tickets"
    notifications_table: str = f"{PUBLIC_DEFAULT}-notifications"
    live_table: str = f"{PUBLIC_DEFAULT}-live"
    attachments_bucket: str = f"{PUBLIC_DEFAULT}-attachments"
    secret: str = ""
    allowed_origins: str = ""
    trusted_issuers: str = "[]"
    agents_issuer: str = ""
    agents_audience: str = ""
    agents_jwks: str = ""
    faq_url: str = ""
    websocket_url: str = ""
    """Where pages open sockets."""
    connections_url: str = ""
    """Where the functions reach them."""
    pushes_queue: str = ""
    timers_queue: str = ""
    timers_queue_arn: str = ""
    timers_dead_letters_arn: str = ""
    schedules_group: str = ""
    schedules_role_arn: str = ""
    share_after_minutes: int = 10
    pending_reminder_days: int = 3
    pending_close_days: int = 10
    late_warning_minutes: int = 10

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins whose pages may read answers; the first is the pages' own."""
        return tuple(filter(None, self.allowed_origins.split(",")))

    @property
    def signing_key(self) -> bytes:
        """The key of cursors and of the hashes in logs; a deployment without one fails loudly."""
        if not self.secret:
            raise RuntimeError("SECRET is not set")
        return self.secret.encode()

    def issuers(self) -> list[dict[str, Any]]:
        """The trusted issuers as the operator wrote them, the agents' user pool last."""
        agents = {
            "id": "agents",
            "kind": "agent",
            "issuer": self.agents_issuer,
            "audience": self.agents_audience,
            "jwks_url": self.agents_jwks,
        }
        return [*json.loads(self.trusted_issuers), *([agents] if self.agents_issuer else [])]


@cache
def settings() -> Settings:
    """The settings of this process; tests call `settings.cache_clear()` after changing them."""
    known = {name.upper(): name for name in Settings.__struct_fields__}
    given = {field: os.environ[name] for name, field in known.items() if name in os.environ}
    return msgspec.convert(given, Settings, strict=False)
