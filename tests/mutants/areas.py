"""What is changed on purpose, the areas where a wrong line costs most, and whose tests are to notice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """Files, or single functions of files; and the contract tests that are about them, beside all unit tests.

    Nearly every contract test passes the authorizer: without a choice, each of its survivors would take a minute.
    """

    targets: tuple[str, ...]
    contracts: tuple[str, ...]


AREAS = {
    "authorizer": Area(
        (
            "chalicelib/domain/issuer.py",
            "chalicelib/services/identity.py",
            "chalicelib/handlers/authorizer.py",
            "chalicelib/adapters/tokens.py",
            "chalicelib/adapters/issuer_keys.py",
        ),
        ("tokens", "reads", "logs", "isolation", "errors", "agents_changes"),
    ),
    "rules": Area(("chalicelib/domain/rules.py",), ("tickets", "agents", "agents_changes")),
    "idempotency": Area(
        ("chalicelib/services/once.py", "chalicelib/adapters/idempotency.py"), ("idempotency", "reads", "isolation")
    ),
    "uploads": Area(
        ("chalicelib/domain/file.py", "chalicelib/services/uploads.py", "chalicelib/adapters/uploads.py"),
        ("files", "sweep", "reads", "isolation"),
    ),
    "numbers": Area(("chalicelib/domain/number.py",), ("tickets",)),
    "cursors": Area(("chalicelib/domain/cursor.py", "chalicelib/services/cursors.py"), ("lists",)),
    "redaction": Area(
        ("chalicelib/observability.py", "chalicelib/services/hashes.py", "chalicelib/routes/http.py::_respond"),
        ("logs", "errors"),
    ),
}


def noticed_by(area: Area) -> tuple[str, ...]:
    """Where the tests are that are to notice a change of this area."""
    return ("tests/unit/", *(f"tests/contract/test_{name}.py" for name in area.contracts))


def file_of(target: str) -> str:
    """The file of an area's target."""
    return target.partition("::")[0]


def pattern_of(target: str) -> str:
    """How mutmut's names of a target's functions begin, those of their mutants included."""
    file, _, function = target.partition("::")
    module = file.removesuffix(".py").replace("/", ".")
    return f"{module}.x_{function}__mutmut_*" if function else f"{module}.x*"


def is_tested_by(function: str, test: str) -> bool:
    """Whether a test (its id) is one of those that are to notice a change of this function (mutmut's name)."""
    areas = (area for area in AREAS.values() if any(_is_of(function, target) for target in area.targets))
    return any(test.startswith(noticed_by(area)) for area in areas)


def _is_of(function: str, target: str) -> bool:
    pattern = pattern_of(target)
    return f"{function}__mutmut_".startswith(pattern.removesuffix("*"))
