"""What happens in the city, and how many are expected."""

import polars as pl

from assets.declaration import Declaration, given


def event(events: pl.DataFrame) -> pl.DataFrame:
    """Give each event of the Comune's calendar, as it states it now."""
    return events.select(
        entity_id=pl.lit("urn:ngsi-ld:Event:brescia:comune:") + pl.col("event_id"),
        event_id="event_id",
        event_name="event_name",
        first_on="first_on",
        last_on="last_on",
        visitors_count="visitors_count",
    ).sort("event_id")


declaration = Declaration(
    function=event,
    key="silver/tourism/event",
    reads={"events": "bronze/comune_brescia/events"},
    gives={
        "entity_id": given("The event as an NGSI-LD entity.", "events.event_id"),
        "event_id": given("The Comune's code of the event.", "events.event_id"),
        "event_name": given("Name of the event.", "events.event_name"),
        "first_on": given("First day.", "events.first_on"),
        "last_on": given("Last day.", "events.last_on"),
        "visitors_count": given("Visitors expected each day.", "events.visitors_count"),
    },
    key_columns=("event_id",),
    window_by=None,
    title="Events",
    method_version="1",
    literature="Smart Data Models, dataModel.TourismDestinations, Event.",
)
