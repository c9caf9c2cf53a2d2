"""Most grids filled at the least total way, by OR-Tools' min-cost flow: prints the processor's seconds of each
round, then the
grids filled and the total."""

import pathlib
import sys
import time

import numpy as np
from ortools.graph.python import min_cost_flow

folder = pathlib.Path(sys.argv[1])
read = lambda name, kind: np.fromfile(folder / name, dtype=kind)
grids, workers, ways = read("grids", np.int32), read("workers", np.int32), read("ways", np.int64)
room = read("room", np.int64)
count = int(grids.max()) + 1
sink = count + len(room)
for _ in range(5):
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(grids, count + workers, np.ones(len(grids), dtype=np.int64), ways)
    flow.add_arcs_with_capacity_and_unit_cost(
        count + np.arange(len(room)), np.full(len(room), sink), room, np.zeros(len(room), dtype=np.int64)
    )
    flow.set_nodes_supplies(np.arange(count), np.ones(count, dtype=np.int64))
    flow.set_node_supply(sink, -count)
    begun = time.process_time()
    status = flow.solve_max_flow_with_min_cost()
    print(time.process_time() - begun)
    assert status == flow.OPTIMAL, status
print(flow.maximum_flow(), flow.optimal_cost())
