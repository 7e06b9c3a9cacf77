import pytest

from bench.page import put_between, table, write

BEGIN, END = "<!-- peers -->", "<!-- /peers -->"


def test_what_stands_around_the_markers_stays(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter, ბოლო\n", "utf-8")
    write("peers", "new\n", page=page)
    write("peers", "newer\n", page=page)
    assert page.read_text("utf-8") == f"before\n{BEGIN}\nnewer\n{END}\nafter, ბოლო\n"


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"])
def test_a_page_without_both_markers_once_is_left_alone(page):
    with pytest.raises(ValueError, match="each once"):
        put_between(page, "peers", "new")


def test_a_table_has_its_figures_to_the_right():
    assert table(["what", "units"], [["open", "19"]]).splitlines() == [
        "| what | units |",
        "| --- | --: |",
        "| open | 19 |",
    ]
