from tests.evidence import KINDS, NOT_SHOWN, PAGE, indicators, page, shown


def test_every_indicator_is_held_to_a_published_number_a_property_and_what_was_planted():
    of = {(each.key, each.kind) for each in shown()}
    wanted = {(key, kind) for key in indicators() for kind in KINDS} - set(NOT_SHOWN)
    assert sorted(wanted - of) == []


def test_what_a_test_shows_is_of_an_indicator_that_there_is_and_a_published_number_has_a_source():
    for each in shown():
        assert each.kind in KINDS, each
        assert each.key in indicators(), each
        assert bool(each.source) == (each.kind == "published"), each


def test_what_is_said_not_to_be_shown_is_not_and_has_its_reason():
    of = {(each.key, each.kind) for each in shown()}
    assert set(NOT_SHOWN) <= {(key, kind) for key in indicators() for kind in KINDS}
    assert set(NOT_SHOWN) & of == set()
    assert all(len(reason) > 20 for reason in NOT_SHOWN.values())


def test_the_page_says_what_the_tests_say():
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.evidence writes it anew"
