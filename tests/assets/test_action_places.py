import pytest

from assets.action_places import WHOLE_CITY, named_by

PLACES = {"CB05": "Via Triumplina", "Est": "Est", "Q02": None}


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Ciclabile di via Triumplina", ("CB05",)),
        ("Ciclabile di via Triumplina, zona Est", ("CB05", "Est")),
        ("Cappotto della palestra", ()),
    ],
)
def test_a_title_names_places_by_whole_words(title: str, named: tuple[str, ...]):
    assert named_by(title, PLACES) == named


def test_what_is_only_told_of_the_whole_city_needs_no_name():
    assert named_by("Brescia d'inverno", {WHOLE_CITY: WHOLE_CITY}) == (WHOLE_CITY,)
