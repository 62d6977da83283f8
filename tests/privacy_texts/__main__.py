"""`python -m tests.privacy_texts`: recall, precision and readability, by label, with intervals."""

import argparse
import sys
from typing import get_args

from quality.privacy.detection.engine import detect
from quality.privacy.detection.strict import hide
from tests.privacy_texts.reading import Texts, marked_texts, score


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(prog="python -m tests.privacy_texts", description=__doc__)
    arguments.add_argument("--set", choices=get_args(Texts), default="own", dest="texts")
    arguments.add_argument("--half", choices=("tuned", "held-out", "all"), default="all")
    arguments.add_argument("--errors", action="store_true", help="show what was missed")
    chosen = arguments.parse_args()
    texts = [
        one
        for one in marked_texts(chosen.texts)
        if chosen.half == "all" or one.is_held_out == (chosen.half == "held-out")
    ]
    out = sys.stdout.write
    for name, find in (("detect", detect), ("strict", hide)):
        got = score(texts, find)
        kind = "recall" if name == "detect" else "hidden"
        out(f"{name}, {len(texts)} texts ({chosen.texts}, {chosen.half})\n")
        for label, tally in sorted(getattr(got, kind).items()):
            out(f"  {label:<20} {tally}\n")
        out(f"  {'all':<20} {got.all_of(kind)}\n")
        if name == "detect":
            out(f"  {'precision':<20} {got.precision}\n")
        out(f"  {'clean texts touched':<20} {got.clean_touched}\n")
        out(f"  {'harmless words kept':<20} {got.readable}\n")
        if chosen.errors:
            out("\n".join(f"  - {line}" for line in got.missed if name == "detect") + "\n")
            out("\n".join(f"  + {line}" for line in got.wrong if name == "detect") + "\n")
            out(f"  {got.lost.most_common(60)}\n" if name == "strict" else "")


if __name__ == "__main__":
    main()
