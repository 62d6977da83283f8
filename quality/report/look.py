"""How the page looks, on a screen and on paper: nothing is loaded from elsewhere."""

import math
from typing import Final

# Texts have a contrast of 4.5 to 1 and more (WCAG 2.2, 1.4.3).
STYLE: Final = """
:root{color-scheme:light}
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:0}
main,header,footer,nav{max-width:72rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.5rem;border-bottom:4px solid #0b4f6c}
h1{font-size:1.9rem;margin:.2rem 0}
h2{font-size:1.4rem;margin:2.4rem 0 .4rem;padding-top:.6rem;border-top:1px solid #b8c4cc}
a{color:#0b4f6c}
a:focus,summary:focus{outline:3px solid #b35900;outline-offset:2px}
.skip{position:absolute;left:-999px}
.skip:focus{left:1rem;top:1rem;background:#fff;padding:.5rem}
.sub{color:#4a4a4a;margin:.2rem 0 1rem}
nav ol{columns:2;padding-left:1.4rem}
ul.findings{list-style:none;padding:0}
ul.findings li{margin:.35rem 0;padding:.45rem .7rem;border-left:.4rem solid}
.findings .ok{border-color:#2e7d32;background:#f1f8f1}
.findings .look{border-color:#b35900;background:#fff6eb}
.findings .broken{border-color:#b00020;background:#fdeef0}
h3{font-size:1.05rem;margin:1.1rem 0 .3rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.6rem}
.figures div{background:#e9f0f3;padding:.5rem .8rem}
.figures dt{font-size:.85rem}
.figures dd{margin:0;font-size:1.3rem;font-weight:700}
figure{margin:1.2rem 0}
figcaption{font-weight:700;margin-bottom:.3rem}
svg{max-width:100%;height:auto}
tbody th{background:inherit;font-weight:600}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:.5rem 0 1.2rem;font-size:.9rem;width:100%}
caption{text-align:left;font-weight:700;padding:.3rem 0}
th,td{border:1px solid #c6d0d6;padding:.3rem .5rem;text-align:left;vertical-align:top}
th{background:#e9f0f3}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.w{min-width:14rem}
.card{border:1px solid #c6d0d6;padding:.2rem .9rem;margin:.6rem 0}
.card h3{margin:.5rem 0}
.card small{font-weight:400;color:#4a4a4a}
.card dl{display:grid;grid-template-columns:13rem 1fr;gap:.2rem .8rem}
.card dl{margin:.4rem 0;font-size:.9rem}
.card dt{font-weight:600}
.card dd{margin:0}
.wide:focus{outline:3px solid #b35900}
tbody tr:nth-child(even){background:#f7f9fa}
summary{cursor:pointer;font-weight:700;padding:.3rem 0;color:#0b4f6c}
footer{border-top:1px solid #b8c4cc;margin-top:3rem;padding-bottom:2rem;font-size:.9rem}
@media(max-width:45rem){nav ol{columns:1}.card dl{grid-template-columns:1fr}}
@page{size:A4 landscape;margin:12mm}
@page :first{size:A4 portrait}
@media print{
nav,.skip{display:none}
main,header,footer{max-width:none}
body{font-size:9pt}h1{font-size:16pt}h2{font-size:13pt;margin-top:1.2rem}h3{margin:.5rem 0 .2rem}
table{font-size:7.5pt}.card dl{font-size:8pt}
ul.findings{margin:.2rem 0}ul.findings li{padding:.15rem .6rem;margin:.15rem 0}
.figures{grid-template-columns:repeat(5,1fr);gap:.3rem}
.figures dd{font-size:11pt}.figures div{padding:.2rem .4rem}
svg{max-width:88%}
figure{margin:.5rem 0}.summary{break-after:page}td.w{min-width:0}.wide{overflow:visible}
details>*{display:block}
details::details-content{content-visibility:visible;block-size:auto}
h2,h3{break-after:avoid}tr,li,figure,.card{break-inside:avoid}
}
"""

# Of a number so large no digit after the comma is read.
_WHOLE_FROM: Final = 1000


def number(value: float, *, digits: int = 4) -> str:
    """As Italians write it: 1.234,5; no more digits than asked for, but whole numbers whole."""
    is_whole = float(value).is_integer() or abs(value) >= _WHOLE_FROM
    if is_whole or not math.isfinite(value):
        text = f"{value:,.0f}"
    else:
        # Never with an exponent: nobody reads 5,6e+02.
        decimals = digits - 1 - math.floor(math.log10(abs(float(f"{value:.{digits}g}"))))
        text = f"{round(value, decimals):,.{max(decimals, 0)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.translate(str.maketrans(",.", ".,"))
