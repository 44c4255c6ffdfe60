"""The comparison by hand: merge the desired members with an export, and count: pandas_by_hand.py DESIRED.csv ACTUAL.csv."""

import sys

import pandas as pd

desired, actual = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in sys.argv[1:])
both = desired.merge(actual, on="email", how="outer", suffixes=("", "_old"), indicator=True)
new, gone, kept = (both[both._merge == side] for side in ("left_only", "right_only", "both"))
print(len(new), len(gone), len(kept[(kept.gold != kept.gold_old) | (kept.research != kept.research_old)]))
