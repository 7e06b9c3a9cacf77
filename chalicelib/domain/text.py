"""What a text from outside may be: any Unicode, kept as sent, without control characters.

Lengths are in characters (code points). Newline and tab are the only control characters taken.
"""

from typing import Annotated, Literal, get_args

import msgspec

_CLEAN = r"^(?=[\s\S]*\S)[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff]*$"
CLEAN_MEANING = "must hold something other than white space, and no control characters"
"""What `_CLEAN` asks, in words: for the message of an error."""


def text(limit: int, description: str) -> msgspec.Meta:
    """The bounds of a text of 1 to `limit` characters."""
    return msgspec.Meta(min_length=1, max_length=limit, pattern=_CLEAN, description=description)


Subject = Annotated[str, text(200, "What the ticket is about, in a line.")]
Text = Annotated[str, text(20_000, "The message, as the person wrote it.")]
FileName = Annotated[str, text(255, "The file's name as the user knows it, in any alphabet.")]
ShortText = Annotated[str, text(200, "A short text.")]
Language = Literal["ka", "en", "ru", "uk", "pl"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
