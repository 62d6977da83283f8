import math
from collections import Counter, defaultdict

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.disclosure.anonymity import measure
from tests.quality.disclosure.random_tables import QUASI_IDENTIFIERS, SENSITIVE, random_table


def by_definition(table: pl.DataFrame, sensitive: str) -> tuple[int, int, float, float]:
    """k, distinct l, entropy l and t, counted one person at a time as the papers define them."""
    groups = defaultdict(list)
    for row in table.to_dicts():
        groups[tuple(row[name] for name in QUASI_IDENTIFIERS)].append(row[sensitive])
    values = sorted(table[sensitive].unique())
    overall = Counter(table[sensitive])
    distances, entropies = [], []
    for group in groups.values():
        counts = Counter(group)
        shares = [counts[value] / len(group) for value in values]
        gaps = [q - overall[v] / table.height for q, v in zip(shares, values, strict=True)]
        if isinstance(values[0], str) or len(values) == 1:
            distances.append(sum(map(abs, gaps)) / 2)
        else:
            cumulated = [sum(gaps[: place + 1]) for place in range(len(gaps))]
            distances.append(sum(map(abs, cumulated)) / (len(values) - 1))
        entropies.append(math.exp(-sum(q * math.log(q) for q in shares if q)))
    return (
        min(map(len, groups.values())),
        min(len(set(group)) for group in groups.values()),
        min(entropies),
        max(distances),
    )


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_k_and_l_and_t_are_what_the_papers_define(seed):
    table = random_table(seed)

    found = measure(table, QUASI_IDENTIFIERS, SENSITIVE)

    for name in SENSITIVE:
        k, distinct, entropy, t = by_definition(table, name)
        assert (found.k, found.distinct_l[name]) == (k, distinct)
        assert found.entropy_l[name] == pytest.approx(entropy)
        assert found.t[name] == pytest.approx(t, abs=1e-9)


def test_who_shares_a_section_with_nobody_is_alone():
    table = pl.DataFrame(
        {"section_id": ["a", "a", "b", None], "severity_code": ["x", "y", "x", "x"]}
    )

    found = measure(table, ["section_id"], ["severity_code"])

    assert (found.k, found.groups_count, found.alone_ratio) == (1, 3, 0.5)
    assert found.distinct_l == {"severity_code": 1}


def test_a_row_that_stands_for_three_weighs_like_three_rows():
    weighed = pl.DataFrame(
        {"section_id": ["a", "a", "b"], "severity_code": ["x", "y", "x"], "n_count": [3, 1, 0]}
    )
    repeated = pl.DataFrame({"section_id": ["a"] * 4, "severity_code": ["x", "x", "x", "y"]})

    found = measure(weighed, ["section_id"], ["severity_code"], weight="n_count")

    assert found == measure(repeated, ["section_id"], ["severity_code"])


def test_an_empty_table_has_no_group():
    found = measure(pl.DataFrame(schema={"section_id": pl.String}), ["section_id"])

    assert (found.k, found.groups_count, found.alone_ratio) == (None, 0, 0.0)
