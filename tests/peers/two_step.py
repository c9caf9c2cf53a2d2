"""Makes two_step.json: two-step floating catchments of a small made-up case, by PySAL's access."""

import json
import math
import pathlib

import pandas as pd
from access import fca
from access.weights import step_fn

HOUSEHOLDS = [120, 45, 300, 18, 7, 0, 64]
WINDOWS = [3.0, 1.0, 2.0, 0.5]
# Place, outlet, minutes. Place 4 reaches nothing in time, outlet 3 serves place 6 alone.
WAYS = [
    [0, 0, 5.0], [0, 1, 22.5], [0, 2, 61.0],
    [1, 0, 12.0], [1, 1, 9.5], [1, 2, 44.0],
    [2, 0, 28.0], [2, 2, 3.0],
    [3, 0, 59.5], [3, 1, 30.0],
    [4, 1, 95.0],
    [5, 0, 10.0], [5, 2, 10.0],
    [6, 2, 20.0], [6, 3, 0.0],
]


def dai(edge):
    far = math.exp(-0.5)
    return lambda t: (math.exp(-0.5 * (t / edge) ** 2) - far) / (1 - far) if t <= edge else 0.0


def table(weight, edge):
    demand = pd.DataFrame({"demand": HOUSEHOLDS}, index=pd.Index(range(len(HOUSEHOLDS)), name="geoid"))
    supply = pd.DataFrame({"supply": WINDOWS}, index=pd.Index(range(len(WINDOWS)), name="geoid"))
    cost = pd.DataFrame(WAYS, columns=["origin", "dest", "cost"])
    found = fca.two_stage_fca(demand, supply, cost, max_cost=edge, weight_fn=weight)
    return [float(found.get(place, 0.0)) for place in range(len(HOUSEHOLDS))]


told = {
    "households": HOUSEHOLDS,
    "windows": WINDOWS,
    "ways": WAYS,
    "within_30": table(None, 30),
    "zones": table(step_fn({10: 1.0, 20: 0.68, 30: 0.22}), 30),
    "gaussian_60": table(dai(60), 60),
}
path = pathlib.Path(__file__).with_name("two_step.json")
path.write_text(json.dumps(told, indent=1) + "\n")
