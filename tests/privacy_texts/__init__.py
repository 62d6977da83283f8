"""Texts of a city's inbox, every person and place in them invented, with what is personal marked.

`{LABEL:words}` in a line marks a span; `\\n` is a new line. Lines come in pairs: the first of four
and the second may be looked at when rules are changed, the other two are held out.

`other_hands` has two more sets, each by an author who saw neither the rules nor any other text:
rules were changed with `a` in view; of `b` nobody who changed rules has seen more than totals.
"""
