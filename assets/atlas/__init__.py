"""The atlas: a static site in Italian of the twin's indicators, for planners and citizens."""
