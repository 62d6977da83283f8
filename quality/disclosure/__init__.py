"""The disclosure gate: what must hold before a table is published openly, and how it is made so.

`policy` is what is declared beside a table; `anonymity` the measures of groups; `cells` counts and
sums with their totals; `bounds` what published cells say of withheld ones; `withholding` which
cells are withheld; `attacks` what somebody can do with the release; `records` and `tables` judge,
`reasons` say why not, `verdict` is what was found, and `gate` lets pass.
"""
