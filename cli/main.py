"""The command line. Each command imports what it needs when it runs, so `--help` is quick."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from core.errors import ConfigurationError

app = typer.Typer(
    help="Reports from the field: the citizens' and the city's side of one case.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
db = typer.Typer(help="The database's schema.", no_args_is_help=True)
demo = typer.Typer(help="The demo city.", no_args_is_help=True)
areas = typer.Typer(help="Named polygons: wards and others.", no_args_is_help=True)
layers = typer.Typer(help="Roads, places and assets, beside the areas.", no_args_is_help=True)
cells = typer.Typer(help="Counts of open cases behind the map.", no_args_is_help=True)
city = typer.Typer(help="The city's process, rules and texts.", no_args_is_help=True)
reports = typer.Typer(help="Reports in bulk.", no_args_is_help=True)
audit = typer.Typer(help="The log of who looked at or changed what.", no_args_is_help=True)
media = typer.Typer(help="Files of photos and videos.", no_args_is_help=True)
keys = typer.Typer(help="The keys that seal phone numbers.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(demo, name="demo")
app.add_typer(areas, name="areas")
app.add_typer(layers, name="layers")
app.add_typer(cells, name="cells")
app.add_typer(city, name="city")
app.add_typer(reports, name="reports")
app.add_typer(media, name="media")
app.add_typer(keys, name="keys")
app.add_typer(audit, name="audit")

Port = Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="TCP port.")]
Host = Annotated[str, typer.Option(envvar="HIENTRUONG_HOST", help="Address to listen on.")]
InputFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
FileLayer = Annotated[
    str | None, typer.Option("--file-layer", help="Which, if the file has several.")
]
Datum = Annotated[
    str | None, typer.Option(help="wgs84, vn2000 or EPSG:…, where the file does not say.")
]
Csv = Annotated[Path | None, typer.Option("--csv", dir_okay=False, help="Write a CSV there.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check only.")]


def main() -> None:
    """Run the command line; a missing setting is one line, not a traceback."""
    try:
        app()
    except ConfigurationError as error:
        typer.echo(f"hientruong: {error}", err=True)
        raise SystemExit(2) from None


@app.callback()
def use_running_database(context: typer.Context) -> None:
    """Beside a running `make run`, commands work on its database."""
    if context.invoked_subcommand == "dev" or os.environ.get("DATABASE_URL"):
        return
    from cli.database import running_database

    if dsn := running_database():
        os.environ["DATABASE_URL"] = dsn


@app.command()
def serve(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Serve the API and the pages."""
    from cli.serve import serve as run

    run(port, host, workers)


@app.command()
def worker() -> None:
    """Run the clocks, notifications and photos."""
    from cli.worker import run_worker

    run_worker()


@app.command()
def dev(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    local: Annotated[
        Path | None,
        typer.Option(envvar="HIENTRUONG_LOCAL", help="Keeps the data, default .local here."),
    ] = None,
) -> None:
    """Run everything: database, demo city, server and worker. Ctrl-C stops all of it."""
    from cli.dev import run_dev

    raise typer.Exit(run_dev(port=port, host=host, local=local))


@db.command()
def upgrade() -> None:
    """Bring the database of DATABASE_URL to the newest revision."""
    from cli.database import current
    from cli.database import upgrade as run

    url = _database_url()
    changed = run(url)
    typer.echo(f"{'upgraded to' if changed else 'already at'} revision {current(url)}")


@demo.command("load")
def load_demo(
    *,
    empty: Annotated[
        bool, typer.Option("--empty", help="Only the city itself, without reports.")
    ] = False,
) -> None:
    """Load the demo city; does nothing if the database has a city already."""
    from cli.demo import load

    load(empty=empty)


@areas.command("import")
def import_areas(
    file: InputFile,
    *,
    kind: Annotated[str, typer.Option(help="province, ward, …")] = "ward",
    valid_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, default today.")
    ] = None,
    province: Annotated[
        str | None, typer.Option(help="Take only the wards of this province's code.")
    ] = None,
    close_missing: Annotated[
        bool,
        typer.Option("--close-missing", help="Close what the file does not have, at --valid-from."),
    ] = False,
    file_layer: FileLayer = None,
    datum: Datum = None,
    dry_run: DryRun = False,
) -> None:
    """Import areas from a GIS file (GeoJSON, GeoPackage, Shapefile, KML; zipped or gzipped)."""
    from cli.areas import import_file

    import_file(
        file,
        kind=kind,
        valid_from=valid_from.date() if valid_from else None,
        dry_run=dry_run,
        layer=file_layer,
        datum=datum,
        province=province,
        close_missing=close_missing,
    )


@areas.command("mapping")
def map_areas(csv: Csv = None) -> None:
    """Show which ward of today took over which share of each former one."""
    from cli.area_tables import show_mapping

    show_mapping(csv)


@areas.command("population")
def import_populations(file: InputFile, *, dry_run: DryRun = False) -> None:
    """Import residents from a CSV with the columns code and population."""
    from cli.area_tables import import_populations as run

    run(file, dry_run=dry_run)


@areas.command("locate")
def locate_places(file: InputFile, *, csv: Csv = None) -> None:
    """Find the wards of places: a CSV with the columns lat and lon, WGS84 degrees."""
    from cli.area_tables import locate_file

    locate_file(file, csv)


@cells.command("check")
def check_cells() -> None:
    """Compare the counts with the cases themselves; exits with 1 if they differ."""
    from cli.cells import check

    check()


@cells.command("rebuild")
def rebuild_cells() -> None:
    """Count anew from the cases."""
    from cli.cells import rebuild

    rebuild()


@layers.command("import")
def import_layer(  # noqa: PLR0913  # the options of a command
    file: InputFile,
    *,
    layer: Annotated[str, typer.Option(help="What routing rules call it: roads, parks, …")],
    kind_field: Annotated[str | None, typer.Option(help="Property with the kind.")] = None,
    code_field: Annotated[str | None, typer.Option(help="Property with the owner's id.")] = None,
    name_field: Annotated[str | None, typer.Option(help="Property with the name.")] = None,
    file_layer: FileLayer = None,
    datum: Datum = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove what the file does not have.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="What people call the layer.")] = None,
    name_en: Annotated[str | None, typer.Option(help="The same in English.")] = None,
    layer_kind: Annotated[str | None, typer.Option(help="asset, road, place or other.")] = None,
    public: Annotated[
        bool | None, typer.Option("--public/--hidden", help="Whether everybody sees it.")
    ] = None,
    categories: Annotated[
        str | None, typer.Option(help="Whose reports may name its features, by comma.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Import a layer of roads, places or assets (GeoJSON, GeoPackage, Shapefile, KML)."""
    from cli.layers import import_file
    from gis.layer_files import LayerFields
    from gis.layer_import import LayerNote

    fields = LayerFields(code=code_field, kind=kind_field, name=name_field)
    import_file(
        file,
        layer=layer,
        fields=fields,
        file_layer=file_layer,
        datum=datum,
        replace=replace,
        note=LayerNote(
            name=name,
            name_en=name_en,
            kind=layer_kind,
            public=public,
            categories=_codes(categories),
        ),
        dry_run=dry_run,
    )


def _codes(value: str | None) -> tuple[str, ...] | None:
    """`a,b` as two codes; None stays."""
    if value is None:
        return None
    return tuple(part.strip() for part in value.split(",") if part.strip())


@city.command("load")
def load_city(
    folder: Annotated[str, typer.Argument(help="A folder, or the name of a shipped city.")],
    *,
    dry_run: DryRun = False,
) -> None:
    """Load a city's definitions: departments, categories, calendars, process and routing."""
    from cli.city import load_city as run

    run(folder, dry_run=dry_run)


@reports.command()
def replay(
    file: InputFile,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Their categories to ours, as JSON."),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="At the same time.")] = 8,
) -> None:
    """Feed a CSV of historic reports through the real intake."""
    from cli.replay import replay as run

    run(file, limit=limit, mapping=mapping, concurrency=concurrency)


@app.command()
def retention(*, dry_run: DryRun = False) -> None:
    """End what is kept only for so long; workers do so every hour."""
    from cli.retention import run

    run(dry_run=dry_run)


@keys.command()
def rotate() -> None:
    """Seal everything with the newest of HIENTRUONG_DATA_KEYS; the older ones can then go."""
    from cli.keys import rotate as run

    run()


@media.command("verify")
def verify_media(
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Compare sizes; read no file for its hash.")
    ] = False,
    delete_unknown: Annotated[
        bool, typer.Option("--delete-unknown", help="Delete files older than an hour of no row.")
    ] = False,
) -> None:
    """Check that every row has its file and every file its row; exits with 1 if any differs."""
    from cli.media import verify_files

    verify_files(quick=quick, delete_unknown=delete_unknown)


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document. Needs no database."""
    # Nothing is opened, but the settings must be whole for the app to be put together.
    os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1/nothing")
    os.environ.setdefault("HIENTRUONG_DEMO", "1")
    from api.app import create_app

    typer.echo(json.dumps(create_app().openapi(), ensure_ascii=False, indent=2))


def _database_url() -> str:
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise ConfigurationError("DATABASE_URL is not set")
    return url


@audit.command("verify")
def verify_audit() -> None:
    """Find what was changed in the audit log, taken out of it or added to it."""
    from cli.audit import verify

    verify()
