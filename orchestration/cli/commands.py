"""Which commands there are. Importing this file is what `gemello --help` costs: keep it light."""

import typer

from orchestration.cli import (
    actions,
    atlas,
    city,
    contracts,
    doctor,
    erasure,
    explaining,
    forecasting,
    keys,
    privacy,
    publishers,
    quarantine,
    reading,
    redact,
    report,
    scenario,
    upkeep,
)


def register(app: typer.Typer) -> None:
    """Add every command to the application."""
    app.command()(city.demo)
    app.command()(city.run)
    app.command()(city.ui)
    app.command()(publishers.simulate)
    app.add_typer(contracts.app, name="contract")
    app.command()(reading.sql)
    app.command()(reading.history)
    app.command()(explaining.explain)
    app.command()(atlas.atlas)
    app.add_typer(actions.app, name="action")
    app.add_typer(forecasting.app, name="forecast")
    app.add_typer(scenario.app, name="scenario")
    app.add_typer(quarantine.app, name="quarantine")
    app.command()(privacy.protect)
    app.command()(privacy.scan)
    app.command()(redact.redact)
    app.add_typer(keys.app, name="keys")
    app.command()(erasure.erase)
    app.command()(erasure.backup)
    app.command()(erasure.restore)
    app.add_typer(report.app, name="report")
    app.add_typer(upkeep.app, name="upkeep")
    app.command()(doctor.doctor)
