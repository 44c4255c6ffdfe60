"""Read curves as JSON from standard input, and write them as an SVG: plot.py FILE."""

import json
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

curves = json.load(sys.stdin)
figure, axes = plt.subplots(1, 2, figsize=(11, 4.2))
for name, at in curves.items():
    points = sorted((int(n), seconds, memory) for n, (seconds, memory) in at.items())
    style = {"linewidth": 2.4} if name.startswith("seatsync") else {"linestyle": "--"}
    axes[0].loglog([p[0] for p in points], [p[1] for p in points], marker="o", markersize=3, label=name, **style)
    axes[1].loglog([p[0] for p in points], [p[2] for p in points], marker="o", markersize=3, label=name, **style)
for axis, title in zip(axes, ("seconds", "peak memory, MiB"), strict=True):
    axis.set_title(title)
    axis.set_xlabel("members")
    axis.grid(visible=True, alpha=0.3)
axes[0].legend(fontsize=8)
figure.tight_layout()
figure.savefig(sys.argv[1], metadata={"Date": None})
