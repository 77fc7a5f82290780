# A peer of column statistics: pandas' read_csv and describe, with bottleneck and numexpr, which it uses by itself.
# Says its versions; then, for each line with a path: "done" when all is computed, and the figures by column.
import json
import math
import sys

import bottleneck
import numexpr
import numpy
import pandas

FIGURES = ["count", "unique", "freq", "mean", "std", "min", "25%", "50%", "75%", "max"]


def say(line):
    print(line, flush=True)


modules = [pandas, numpy, bottleneck, numexpr]
say(", ".join(f"{module.__name__} {module.__version__}" for module in modules))
for line in sys.stdin:
    described = pandas.read_csv(line.rstrip("\n")).describe(include="all")
    say("done")
    figures = described.reindex(FIGURES).astype(float).to_dict()
    for column in figures.values():
        for name, value in column.items():
            column[name] = value if math.isfinite(value) else None
    say(json.dumps(figures))
