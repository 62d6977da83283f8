"""What the expectations found: Great Expectations' verdict on all rows, fed sparingly.

Where a row's verdict depends on its values only, each distinct value is judged once and counted as
often as it came. The counts and verdicts are those of the whole delivery all the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from infra.errors import ContractError
from quality.contract.model import Contract
from quality.expectations import engine
from quality.expectations.catalogue import TABLE_BY_NUMBER, Rule
from quality.expectations.engine import Answer
from quality.expectations.pandas_columns import as_pandas
from quality.expectations.repeated_values import (
    FEW_ROWS,
    distinct_values,
    is_considered,
    marked,
    rows_like,
)

_BETWEEN: Final = "expect_column_values_to_be_between"
_COUNT: Final = "__count"


@dataclass(frozen=True, repr=False)
class Finding:
    """What one rule found: counts over all rows, and for a row rule which rows fail."""

    rule: Rule
    success: bool
    rows_count: int
    unexpected_count: int
    failing: pl.Series | None


def findings_of(rules: Sequence[Rule], frame: pl.DataFrame, contract: Contract) -> list[Finding]:
    """Judge the stored columns of a delivery; one finding per rule, in their order.

    Raises ContractError for an expectation that cannot be computed on its column.
    """
    seen = _Delivery(contract, frame)
    found: dict[str, Finding] = {}
    for rule in rules:
        match rule.feed:
            case "shape":
                found[rule.name] = seen.by_shape(rule)
            case "row_count":
                found[rule.name] = seen.by_row_count(rule)
            case "emptiness":
                found[rule.name] = seen.by_emptiness(rule)
            case "tuples":
                found[rule.name] = seen.by_tuples(rule)
            case "number":
                found[rule.name] = seen.by_number(rule)
            case "whole":
                found[rule.name] = seen.by_everything(rule)
    by_value = [rule for rule in rules if rule.feed in ("values", "distinct")]
    for column in dict.fromkeys(rule.columns[0] for rule in by_value):
        of_column = [rule for rule in by_value if rule.columns[0] == column]
        found |= {finding.rule.name: finding for finding in seen.by_values(column, of_column)}
    return [found[rule.name] for rule in rules]


class _Delivery:
    """One delivery being judged. Not-a-number is missing here, as it is to Great Expectations."""

    def __init__(self, contract: Contract, frame: pl.DataFrame) -> None:
        self._contract = contract
        self._frame = frame.select(
            pl.col(name).fill_nan(None) if frame.schema[name].is_float() else pl.col(name)
            for name in contract.stored
        )

    def by_shape(self, rule: Rule) -> Finding:
        """Rules about which columns there are: no row is needed."""
        (answer,) = self._ask([rule], self._frame.clear())
        return self._about_the_table(rule, answer)

    def by_row_count(self, rule: Rule) -> Finding:
        """Rules about how many rows there are: no column is needed."""
        (answer,) = self._ask([rule], pl.DataFrame(height=self._frame.height))
        return self._about_the_table(rule, answer)

    def by_emptiness(self, rule: Rule) -> Finding:
        """Rules about missing values: one missing and one present value stand for all."""
        values = self._frame.get_column(rule.columns[0])
        missing_count = values.null_count()
        example = pl.Series(values.name, [None, "present"], dtype=pl.String)
        counts = (missing_count, values.len() - missing_count)
        kinds = [kind for kind in (0, 1) if counts[kind]]
        if not kinds:
            return self._nothing_to_judge(rule)
        (answer,) = self._ask([rule], example.gather(kinds).to_frame())
        failing = {kinds[label] for label in answer.failing}
        return self._about_rows(
            rule,
            considered_count=values.len(),
            unexpected_count=sum(counts[kind] for kind in failing),
            failing=lambda: values.is_null() if failing == {0} else values.is_not_null(),
        )

    def by_values(self, column: str, rules: Sequence[Rule]) -> list[Finding]:
        """Rules about single values: each distinct value stands for all rows that have it."""
        values = self._frame.get_column(column)
        present = values.drop_nulls()
        if not present.len():
            return [
                self.by_everything(rule) if rule.scope == "table" else self._nothing_to_judge(rule)
                for rule in rules
            ]
        if all(rule.expectation.name == _BETWEEN for rule in rules) and _has_an_order(values):
            # What lies between the smallest and the largest value passes if those two pass.
            ends = pl.Series(column, [present.min(), present.max()], dtype=values.dtype).to_frame()
            answers = self._ask(rules, ends)
            if not any(answer.unexpected_count for answer in answers):
                return [
                    self._about_rows(rule, considered_count=present.len(), unexpected_count=0)
                    for rule in rules
                ]
        found: dict[str, Finding] = {}
        distinct = distinct_values(present)
        for as_text in (False, True):
            group = [rule for rule in rules if _reads_text(rule, values.dtype) is as_text]
            if not group:
                continue
            if distinct is None or (as_text and values.dtype.is_float()):
                # 0.0 and -0.0 are one value, but written they are two.
                found |= {rule.name: self.by_everything(rule) for rule in group}
                continue
            answers = self._ask(group, distinct.to_frame(), as_text=as_text)
            for rule, answer in zip(group, answers, strict=True):
                found[rule.name] = self._of_values(rule, answer, values, distinct)
        return [found[rule.name] for rule in rules]

    def _of_values(
        self, rule: Rule, answer: Answer, values: pl.Series, distinct: pl.Series
    ) -> Finding:
        if rule.scope == "table" or answer.unexpected_count is None:
            return self._about_the_table(rule, answer)
        considered_count = values.len() - values.null_count()
        if not answer.failing:
            return self._about_rows(rule, considered_count=considered_count, unexpected_count=0)
        failing = values.is_in(distinct.gather(list(answer.failing)).implode()).fill_null(False)
        return self._about_rows(
            rule,
            considered_count=considered_count,
            unexpected_count=int(failing.sum()),
            failing=lambda: failing,
        )

    def by_tuples(self, rule: Rule) -> Finding:
        """Rules that compare columns of a row: each distinct tuple stands for all rows like it."""
        names = list(rule.columns)
        own = self._frame.select(names)
        if own.height <= FEW_ROWS or all(
            kind.is_numeric() or kind.is_temporal() for kind in own.dtypes
        ):
            # Comparing numbers of all rows is quicker than finding out which are equal.
            return self.by_everything(rule)
        tuples = own.group_by(names).len(_COUNT)
        (answer,) = self._ask([rule], tuples.select(names), pairs=True)
        if answer.unexpected_count is None:
            return self._about_the_table(rule, answer)
        considered = tuples.filter(is_considered(rule))
        failing = tuples[list(answer.failing)]
        return self._about_rows(
            rule,
            considered_count=int(considered[_COUNT].sum()),
            unexpected_count=int(failing[_COUNT].sum()),
            failing=lambda: rows_like(own, failing.select(names)),
        )

    def by_number(self, rule: Rule) -> Finding:
        """Rules about the mean or the sum: that of all values, by pandas, stands for them.

        Great Expectations asks each value whether it is a Decimal, 0.35 s for 5 M values.
        """
        values = self._frame.get_column(rule.columns[0]).drop_nulls()
        is_plain = values.dtype.is_float() or values.dtype.is_integer()
        if values.len() <= FEW_ROWS or not is_plain:
            return self.by_everything(rule)
        column = as_pandas(values.to_frame())[values.name]
        number = getattr(column, TABLE_BY_NUMBER[rule.expectation.name])().item()
        (answer,) = self._ask([rule], pl.DataFrame({values.name: [number]}))
        return self._about_the_table(rule, answer)

    def by_everything(self, rule: Rule) -> Finding:
        """Rules about the column as a whole, its order or its distribution: fed as it came."""
        names = list(rule.columns)
        own = self._frame.select(names)
        rows = None
        if len(names) == 1 and _leaves_missing_out(rule):
            # Without missing values, whole numbers stay whole.
            column = own.get_column(names[0])
            if column.null_count():
                rows = pl.arg_where(column.is_not_null(), eager=True)
                own = own.drop_nulls()
        pairs = len(names) > 1 and _has_no_condition(rule)
        as_text = _reads_text(rule, own.dtypes[0])
        (answer,) = self._ask([rule], own, index=rows, pairs=pairs, as_text=as_text)
        if rule.scope == "table" or answer.unexpected_count is None:
            return self._about_the_table(rule, answer)
        return Finding(
            rule=rule,
            success=answer.success,
            rows_count=self._frame.height if rows is not None else answer.rows_count or 0,
            unexpected_count=answer.unexpected_count,
            failing=marked(answer.failing, self._frame.height),
        )

    def _ask(
        self,
        rules: Sequence[Rule],
        fed: pl.DataFrame,
        *,
        index: pl.Series | None = None,
        as_text: bool = False,
        pairs: bool = False,
    ) -> list[Answer]:
        rows = any(rule.scope == "row" for rule in rules)
        in_pandas = as_pandas(fed, index=index, as_text=as_text, pairs=pairs)
        try:
            return engine.ask(in_pandas, [rule.built for rule in rules], rows=rows)
        except engine.NotComputableError as failure:
            rule = rules[failure.position]
        kinds = ", ".join(
            f"{name} ({self._contract.columns[name].type})"
            for name in rule.columns
            if name in fed.columns
        )
        raise ContractError(
            f"{self._contract.key}: expectations.{rule.expectation.name}: "
            f"Great Expectations cannot compute it on {kinds or 'these rows'}; "
            "see that it and its arguments fit the type, and what it says of missing values"
        )

    def _nothing_to_judge(self, rule: Rule) -> Finding:
        return self._about_rows(rule, considered_count=0, unexpected_count=0)

    def _about_rows(
        self,
        rule: Rule,
        *,
        considered_count: int,
        unexpected_count: int,
        failing: Callable[[], pl.Series] | None = None,
    ) -> Finding:
        # Great Expectations' own formula, in floats as there: `mostly` cuts at the same row.
        passed = float(considered_count) - float(unexpected_count)
        return Finding(
            rule=rule,
            success=not considered_count or passed / float(considered_count) >= rule.mostly,
            rows_count=self._frame.height,
            unexpected_count=unexpected_count,
            failing=failing() if failing and unexpected_count else None,
        )

    def _about_the_table(self, rule: Rule, answer: Answer) -> Finding:
        return Finding(
            rule=replace(rule, scope="table"),
            success=answer.success,
            rows_count=self._frame.height,
            unexpected_count=answer.unexpected_count or 0,
            failing=None,
        )


_COUNTS_MISSING: Final = frozenset({"expect_column_proportion_of_non_null_values_to_be_between"})
_ABOUT_TEXT: Final = ("_match_", "_value_lengths_", "_parseable", "_of_type", "_in_type_list")


def _reads_text(rule: Rule, kind: pl.DataType) -> bool:
    # Only for numbers does it make a difference whether the value or its writing is judged.
    return kind.is_numeric() and any(part in rule.expectation.name for part in _ABOUT_TEXT)


def _leaves_missing_out(rule: Rule) -> bool:
    counts_missing = rule.expectation.name in _COUNTS_MISSING or not engine.is_core(rule.built)
    return not counts_missing and _has_no_condition(rule)


def _has_no_condition(rule: Rule) -> bool:
    return rule.expectation.arguments.get("row_condition") is None


def _has_an_order(values: pl.Series) -> bool:
    return values.dtype.is_numeric() or isinstance(values.dtype, pl.Datetime | pl.Date)
