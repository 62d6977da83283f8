"""Where our code meets machines: lake, object store, seal, keys, adapters, simulator."""
