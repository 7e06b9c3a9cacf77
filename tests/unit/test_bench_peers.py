from bench.peers import PAGE, SIZES, STATUS, TOPIC, opened_index
from bench.peers.report import Cost, Line, table
from bench.tickets import HOTEL, sample, samples

LINE = Line("open a ticket", 1_000, theirs=Cost(25_000_000, 34), ours=Cost(10_000_000, 2), floor=Cost(440_000, 1))


def test_a_line_shows_millions_queries_and_the_ratio():
    assert table([LINE]).splitlines()[-1] == "| open a ticket | 1,000 | 10.0 | 2 | 25.0 | 34 | 2.5 | 0.4 |"


def test_every_row_of_the_table_has_as_many_cells_as_its_head():
    assert len({row.count("|") for row in table([LINE, LINE]).splitlines()}) == 1


def test_the_filtered_list_has_a_full_page_and_the_opened_ticket_is_the_hotels_at_each_size():
    for count in SIZES:
        found = [each for each in samples(range(count)) if (each.account, each.status) == (HOTEL, STATUS)]
        assert sum(each.topic == TOPIC for each in found) > PAGE
        assert sample(opened_index(count)).account == HOTEL
