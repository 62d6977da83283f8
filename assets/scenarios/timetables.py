"""What edits of a timetable have in common: whose numbers they may not tell."""

from typing import Final

# A timetable that is moved would tell the delays of those who drove between the old and the new.
UNTOLD: Final = {
    "gold/mobility/daily_punctuality_by_line": (
        "i ritardi sono di chi guidava con l'orario di allora, e con un altro non si ricalcolano"
    )
}
