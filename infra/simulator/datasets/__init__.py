"""One module a data set. A module here is found by itself: see `infra.simulator.run.Dataset`."""
