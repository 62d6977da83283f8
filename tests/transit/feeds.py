"""A timetable small enough to be known by heart, as its publisher zips it.

Line 1 has a morning trip on working days and a night trip past 24:00 on Saturdays; line M runs
every ten minutes for half an hour, by frequency.
"""

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Final

MADE_AT: Final = datetime(2025, 3, 1, 12, 0)  # noqa: DTZ001 # zips have no time zone
FEED: Final[Mapping[str, str]] = {
    "agency.txt": (
        "agency_id,agency_name,agency_url,agency_timezone\n"
        "BM,Trasporti di prova,https://example.org,Europe/Rome\n"
    ),
    "stops.txt": (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        "A,Stazione,45.532,10.213,0,\n"
        "B,Duomo,45.539,10.220,0,\n"
        "C,Ospedale,45.556,10.233,0,\n"
    ),
    "routes.txt": (
        "route_id,agency_id,route_short_name,route_long_name,route_type\n"
        "1,BM,1,Stazione - Ospedale,3\n"
        "M,BM,Metro,Prealpino - Buffalora,1\n"
    ),
    "trips.txt": (
        "route_id,service_id,trip_id,trip_headsign,direction_id\n"
        "1,week,morning,Ospedale,0\n"
        "1,saturday,night,Stazione,1\n"
        "M,week,metro,Ospedale,0\n"
    ),
    "stop_times.txt": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "morning,08:00:00,08:00:00,A,1\n"
        "morning,,,B,2\n"
        "morning,08:20:00,08:20:00,C,3\n"
        "night,23:50:00,23:50:00,C,1\n"
        "night,24:10:00,24:10:00,A,2\n"
        "metro,00:00:00,00:00:00,A,1\n"
        "metro,00:05:00,00:05:00,C,2\n"
    ),
    "calendar.txt": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "week,1,1,1,1,1,0,0,20250301,20250331\n"
        "saturday,0,0,0,0,0,1,0,20250301,20250331\n"
    ),
    "calendar_dates.txt": (
        "service_id,date,exception_type\nweek,20250310,2\nsaturday,20250310,1\n"
    ),
    "frequencies.txt": ("trip_id,start_time,end_time,headway_secs\nmetro,07:00:00,07:30:00,600\n"),
}


def zipped(
    files: Mapping[str, str | bytes], *, folder: str = "", made_at: datetime = MADE_AT
) -> bytes:
    """A zip of these files, as made on this day on the publisher's clock."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(folder + name, made_at.timetuple()[:6])
            archive.writestr(info, content)
    return out.getvalue()


def without(*names: str) -> dict[str, str]:
    """The feed without some of its files."""
    return {name: content for name, content in FEED.items() if name not in names}


def edited(name: str, old: str, new: str) -> dict[str, str]:
    """The feed with other words in one place of one file."""
    assert FEED[name].count(old) == 1, old
    return {**FEED, name: FEED[name].replace(old, new)}


def with_row(name: str, row: str) -> dict[str, str]:
    """The feed with one more row in one file."""
    return {**FEED, name: FEED[name] + row + "\n"}
