"""Makes covering.json: 20 random covering problems with the optima that PySAL's spopt.locate finds (by CBC)."""

import json
import math
import pathlib
import random

import numpy as np
import pulp
from spopt.locate import LSCP, MCLP

INSTANCES = 20


def instance(seed):
    draw = random.Random(seed)
    places, sites = 30 + 8 * (seed % 10), 15 + 3 * (seed % 8)
    at = lambda: (draw.uniform(0, 100), draw.uniform(0, 100))
    demand, outlets = [at() for _ in range(places)], [at() for _ in range(sites)]
    households = [draw.randint(1, 400) for _ in range(places)]
    reach = draw.uniform(12, 30)
    cost = np.array([[math.dist(a, b) for b in outlets] for a in demand])
    # spopt refuses to cover all where some can't be: those go to the nearest site's edge.
    reachable = cost.min(axis=1) <= reach
    return households, cost, reach, reachable, 1 + seed % 6


def solve(seed):
    households, cost, reach, reachable, count = instance(seed)
    solver = lambda: pulp.PULP_CBC_CMD(msg=False)
    most = MCLP.from_cost_matrix(cost, np.array(households), reach, p_facilities=count).solve(solver())
    covered = sum(h for h, by in zip(households, most.cli2fac) if by)
    fewest = LSCP.from_cost_matrix(cost[reachable], reach).solve(solver())
    return {
        "households": households,
        "sites": [[int(i) for i in np.nonzero(cost[:, j] <= reach)[0]] for j in range(cost.shape[1])],
        "count": count,
        "most_covered": int(covered),
        "fewest_sites": int(round(fewest.problem.objective.value())),
    }


told = [solve(seed) for seed in range(INSTANCES)]
path = pathlib.Path(__file__).with_name("covering.json")
path.write_text("[\n" + ",\n".join(json.dumps(one) for one in told) + "\n]\n")
