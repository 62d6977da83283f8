"""When and where things run: definitions, resources, automation and the `gemello` command."""

import os
from typing import Final

# How long polars' allocator keeps what was freed; it asks once, as polars is first imported. Kept
# for its usual half second, the memory of one piece of a large file adds to that of the next ones.
ALLOCATOR: Final = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:100,muzzy_decay_ms:0"}
for _name, _conf in ALLOCATOR.items():
    os.environ.setdefault(_name, _conf)
