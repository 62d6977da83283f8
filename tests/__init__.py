"""The tests: a package, so that a library that installs one of this name does not hide it."""
