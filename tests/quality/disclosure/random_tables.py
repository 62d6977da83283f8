from random import Random

import polars as pl

QUASI_IDENTIFIERS = ["section_id", "born_year", "sex_code"]
SENSITIVE = ["severity_code", "income_level"]


def random_table(seed: int) -> pl.DataFrame:
    """People of a made-up town; what they have in common changes with the seed."""
    chance = Random(seed)
    rows_count = chance.randint(60, 600)
    sections, years, levels = chance.randint(1, 5), chance.randint(1, 4), chance.randint(2, 9)
    return pl.DataFrame(
        {
            "section_id": [f"s{chance.randint(1, sections)}" for _ in range(rows_count)],
            "born_year": [1960 + 10 * chance.randint(1, years) for _ in range(rows_count)],
            "sex_code": chance.choices("FM", k=rows_count),
            "severity_code": chance.choices("abcde", weights=[5, 4, 3, 2, 1], k=rows_count),
            "income_level": [chance.randint(1, levels) for _ in range(rows_count)],
        }
    )
