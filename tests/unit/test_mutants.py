"""What `make mutants` counts, and when it is enough."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.areas import AREAS, Area, file_of, is_tested_by, noticed_by, pattern_of
from tests.mutants.verdicts import percent, read, table, too_low, verdict

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("area", AREAS.values(), ids=AREAS)
def test_an_areas_files_and_tests_are_there(area: Area) -> None:
    assert area.targets
    assert all((ROOT / file_of(target)).is_file() for target in area.targets)
    assert all((ROOT / test).exists() for test in noticed_by(area))


@pytest.mark.parametrize(
    ("exit_code", "expected"),
    [
        (1, "killed"),
        (0, "survived"),
        (33, "no tests"),
        (-24, "timeout"),
        (255, "timeout"),
        (-11, "other"),
        (3, "other"),
        (None, "other"),
    ],
)
def test_only_a_test_that_fails_kills(exit_code: int | None, expected: str) -> None:
    assert verdict(exit_code) == expected


def test_a_single_function_of_a_file_is_told_from_the_rest_and_from_longer_names() -> None:
    assert pattern_of("chalicelib/routes/http.py::_respond") == "chalicelib.routes.http.x__respond__mutmut_*"
    assert is_tested_by("chalicelib.routes.http.x__respond", "tests/contract/test_logs.py::test_it")
    for other in (
        "chalicelib.routes.http.x__respondent",
        "chalicelib.routes.http.x__cors",
        "chalicelib.routes.httpd.x__respond",
    ):
        assert not is_tested_by(other, "tests/contract/test_logs.py::test_it")


def test_a_test_is_to_notice_what_its_area_is_about() -> None:
    assert is_tested_by("chalicelib.domain.rules.x_after_note", "tests/unit/test_rules.py::test_it")
    assert is_tested_by("chalicelib.domain.issuer.xǁIssuerǁ__post_init__", "tests/contract/test_tokens.py::test_it")
    assert not is_tested_by("chalicelib.domain.rules.x_after_note", "tests/contract/test_tokens.py::test_it")


def test_an_areas_mutants_are_read_by_name(tmp_path: Path) -> None:
    target = tmp_path / "chalicelib/routes/http.py.meta"
    target.parent.mkdir(parents=True)
    codes = {"chalicelib.routes.http.x__respond__mutmut_1": 0, "chalicelib.routes.http.x__cors__mutmut_1": 1}
    target.write_text(json.dumps({"exit_code_by_key": codes}))
    (tmp_path / "chalicelib/observability.py.meta").write_text(
        json.dumps({"exit_code_by_key": {"chalicelib.observability.x_keyed_hash__mutmut_1": 1}})
    )
    hashes = tmp_path / "chalicelib/services/hashes.py.meta"
    hashes.parent.mkdir()
    hashes.write_text(json.dumps({"exit_code_by_key": {}}))
    assert dict(read(tmp_path, "redaction")) == {
        "chalicelib.observability.x_keyed_hash__mutmut_1": "killed",
        "chalicelib.routes.http.x__respond__mutmut_1": "survived",
    }


@pytest.mark.parametrize(
    ("killed", "lived", "low"), [(90, 10, []), (899, 101, ["rules", "all"]), (0, 0, ["rules", "all"])]
)
def test_ninety_of_a_hundred_are_enough(killed: int, lived: int, low: list[str]) -> None:
    assert too_low({"rules": Counter(killed=killed, survived=lived)}) == low


def test_one_area_of_which_too_few_are_killed_is_named_though_all_together_are_enough() -> None:
    assert too_low({"rules": Counter(killed=99, survived=1), "numbers": Counter(killed=8, timeout=2)}) == ["numbers"]


def test_a_timeout_is_no_kill() -> None:
    assert percent(Counter({"killed": 3, "timeout": 1})) == 75


def test_the_table_has_a_line_an_area_and_one_for_all() -> None:
    counts = {"rules": Counter({"killed": 9, "survived": 1}), "numbers": Counter({"killed": 2, "no tests": 2})}
    lines = [line.split() for line in table(counts).splitlines()]
    assert lines[0][0] == "area"
    assert [line[:2] + line[-1:] for line in lines[1:]] == [
        ["rules", "9", "90.0"],
        ["numbers", "2", "50.0"],
        ["all", "11", "78.6"],
    ]
