"""What readers of the knowledge base say of it, without a word of who they are or what they looked for."""

from typing import Annotated

import msgspec

from chalicelib.domain.text import Language

_ID = "[a-z0-9]+(-[a-z0-9]+)*"
ArticleId = Annotated[
    str,
    msgspec.Meta(
        max_length=100,
        pattern=f"^{_ID}/{_ID}(?!\\n)$",
        description="An article: `<section>/<article>`, as in its address.",
    ),
]


class Vote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an article, in the language in which it was read, was helpful."""

    article: ArticleId
    locale: Language
    helpful: bool


class Miss(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A search in this language found nothing. What was searched for stays in the browser."""

    locale: Language
