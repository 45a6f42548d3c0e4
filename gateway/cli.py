"""The command ``gateway``. Heavy modules are imported by the command that needs them, so that help is quick."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from gateway.app.commanding import place as _place
from gateway.app.commanding import run as _run
from gateway.app.commanding import say as _say
from gateway.app.commanding import sentences as _sentences
from gateway.app.commanding import settings as _settings
from gateway.app.commanding import without_none as _without_none
from gateway.app.commanding import worked as _worked
from gateway.app.manners import end_with_parent, keep_to_one_thread, run_until_told

if TYPE_CHECKING:
    pass

T = TypeVar("T")

app = typer.Typer(
    name="gateway",
    help="Sharp Eyes Gateway: cameras of many owners, one catalogue, permission, candidates and tickets.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Data = Annotated[Path | None, typer.Option("--data", help="The data folder (default: ./data).")]
Config = Annotated[Path | None, typer.Option("--config", help="A YAML file with settings.")]
Database = Annotated[str | None, typer.Option("--database", help="The database's URL, instead of a file in --data.")]
WhileParent = Annotated[bool, typer.Option("--while-parent", hidden=True, help="End when standard input closes.")]


def main() -> None:
    """Runs the command line."""
    app()


@app.command()
def run(
    data: Data = None,
    config: Config = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on (default: 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port to listen on (default: 8080).")] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Load the sample district and run its cameras.")] = False,
    workers: Annotated[int | None, typer.Option(min=0, help="How many workers to start.")] = None,
    database: Database = None,
    redis: Annotated[str | None, typer.Option(help="Redis by URL, when there are several gateways.")] = None,
    worker: Annotated[list[str] | None, typer.Option(help="A worker that others start: unix:… or tcp://…")] = None,
) -> None:
    """Run the gateway with its workers until Ctrl-C."""
    keep_to_one_thread()
    overrides = _without_none(
        **_place(data, database),
        redis=redis,
        server=_without_none(host=host, port=port),
        workers=_without_none(count=workers, listen=list(worker) if worker else None),
    )
    with _sentences():
        from gateway.app.running import run_gateway

        run_gateway(_settings(config, overrides), sample, _say)


@app.command()
def worker(
    listen: Annotated[str, typer.Option(help="Where gateways dial: unix:/path or tcp://host:port.")],
    spool: Annotated[Path, typer.Option(help="The folder for events that are not yet acknowledged.")],
    worker_id: Annotated[str, typer.Option("--id", help="The worker's name, unlike any other's.")] = "",
    tls_cert: Annotated[Path | None, typer.Option(help="The worker's certificate, for tcp://.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key.")] = None,
    tls_ca: Annotated[Path | None, typer.Option(help="The authority that signs gateways' certificates.")] = None,
    reserve_mb: Annotated[int, typer.Option(min=0, help="Megabytes of the disk that evidence leaves free.")] = 512,
    while_parent: WhileParent = False,
) -> None:
    """Run a worker: it pulls the cameras that a gateway gives it."""
    keep_to_one_thread()
    if while_parent:
        end_with_parent()
    with _sentences():
        from gateway.disk import Reserve
        from gateway.fleet.tls import server_tls
        from gateway.worker.process import serve

        given = [file for file in (tls_cert, tls_key, tls_ca) if file is not None]
        if len(given) not in (0, 3):
            raise typer.BadParameter("give all of --tls-cert, --tls-key and --tls-ca, or none")
        tls = server_tls(*given) if given else None
        name = worker_id or spool.absolute().name
        raise typer.Exit(serve(listen, spool, name, tls=tls, reserve=Reserve(reserve_mb << 20)))


@app.command("sample-cameras")
def sample_cameras(
    password_file: Annotated[Path, typer.Option(help="A file with the devices' password.")],
    config_dir: Annotated[Path | None, typer.Option(help="The sample's folder (default: our own).")] = None,
    cameras: Annotated[int | None, typer.Option(min=1, help="Only so many cameras.")] = None,
    port: Annotated[int | None, typer.Option(help="The RTSP port (default: 8554).")] = None,
    onvif_port: Annotated[int | None, typer.Option(help="The ONVIF port (default: 8081).")] = None,
    control: Annotated[str | None, typer.Option(help="A Unix socket for the fault switches.")] = None,
    while_parent: WhileParent = False,
) -> None:
    """Run the sample cameras: RTSP and ONVIF devices on loopback addresses."""
    keep_to_one_thread()
    if while_parent:
        end_with_parent()
    with _sentences():
        from gateway.fleet.children import UNUSABLE
        from gateway.samples.running import SampleOptions, run_sample_cameras
        from gateway.settings import config_folder

        options = SampleOptions(
            config_dir=config_dir or config_folder() / "sample",
            password=password_file.read_text("utf-8").strip(),
            cameras=cameras,
            port=port,
            onvif_port=onvif_port,
            control=control,
            ready=_say,
        )
        try:
            run_until_told(lambda: run_sample_cameras(options))
        except OSError as problem:
            typer.echo(f"gateway: the sample cameras cannot listen: {problem.strerror or problem}", err=True)
            raise typer.Exit(UNUSABLE) from None


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="YAML, CSV or XLSX.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    data: Data = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Load a catalogue file: everything or nothing, each problem with its row and column."""
    from gateway.app import tools

    if not _worked(data, config, database, lambda settings: tools.load_file(settings, file, dry_run, _say)):
        raise typer.Exit(1)


@app.command()
def migrate(data: Data = None, config: Config = None, database: Database = None) -> None:
    """Bring the database to this version's schema."""
    from gateway.app import tools

    _worked(data, config, database, lambda settings: tools.migrate_database(settings, _say))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    data: Data = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Write the database and the data folder's files into one file, while the gateway runs."""
    from gateway.app import tools

    _worked(data, config, database, lambda settings: tools.back_up(settings, file, _say))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that backup wrote.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Make a data folder from a backup; one that has data is never written over."""
    from gateway.app import tools

    _worked(data, config, None, lambda settings: tools.bring_back(settings, file, _say))


@app.command("export-catalogue")
def export_catalogue(
    file: Annotated[Path | None, typer.Argument(help="The file to write (default: standard output).")] = None,
    form: Annotated[str, typer.Option("--format", help="yaml, csv or xlsx (default: by the file's name).")] = "",
    data: Data = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Write the whole catalogue, never a password."""
    from gateway.app import tools

    form = form or (file.suffix[1:] if file else "yaml")
    written = _worked(data, config, database, lambda settings: tools.export(settings, form))
    with _sentences():
        if file is None:
            sys.stdout.buffer.write(written)
        else:
            file.write_bytes(written)


@app.command("create-user")
def create_user(
    login: Annotated[str, typer.Option(help="The name to sign in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    organisation: Annotated[str, typer.Option(help="The id of the organisation.")],
    role: Annotated[list[str], typer.Option(help="A role; give it again for more.")],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from input.")] = False,
    data: Data = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Make an account. Without --password-stdin a password is made and printed once."""
    from gateway.app import tools
    from gateway.app.first_run import new_password

    with _sentences():
        account = tools.account_of(login, name, organisation, role)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else new_password()
    _worked(data, config, database, lambda settings: tools.make_account(settings, account, password, _say))
    if not password_stdin:
        _say(f"password: {password}")


audit = typer.Typer(
    name="audit", help="The audit: verify it, and keep its signed roots elsewhere.", no_args_is_help=True
)
app.add_typer(audit)


@audit.command("verify")
def audit_verify(
    root: Annotated[list[Path] | None, typer.Option("--root", help="A root kept elsewhere; give it again.")] = None,
    public_key: Annotated[list[str] | None, typer.Option(help="A key whose signatures count, besides ours.")] = None,
    views: Annotated[bool, typer.Option("--views/--no-views", help="Compare the register of views, too.")] = True,
    data: Data = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Verify every chain, root and view; name the first line that does not hold."""
    from gateway.app import audit_tools

    roots, keys = root or [], public_key or []
    if not _worked(data, config, database, lambda at: audit_tools.verify_audit(at, roots, keys, _say, views=views)):
        raise typer.Exit(1)


@audit.command("accept")
def audit_accept(
    reason: Annotated[str, typer.Option(help="Why the chains are not as they were noted; it goes into the audit.")],
    data: Data = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Answer for chains that end otherwise than noted, as after putting back a database; the audit says so."""
    from gateway.app import audit_tools

    _worked(data, config, database, lambda settings: audit_tools.accept_ends(settings, reason, _say))


@audit.command("export-root")
def audit_export_root(
    file: Annotated[Path, typer.Argument(help="The file to write; one named .html is for a printer.")],
    number: Annotated[int | None, typer.Option(min=1, help="Which root (default: the newest).")] = None,
    data: Data = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Write a signed root to a file that another machine keeps, or to a page for paper."""
    from gateway.app import audit_tools

    page = _worked(data, config, database, lambda settings: audit_tools.export_root(settings, number, _say))
    with _sentences():
        audit_tools.written(page, file)


export = typer.Typer(name="export", help="Exported packages: verify one without a gateway.", no_args_is_help=True)
app.add_typer(export)


@export.callback()
def _exports() -> None:
    """Keeps verify a command of its own name."""


@export.command("verify")
def export_verify(
    file: Annotated[Path, typer.Argument(help="The package.")],
    passphrase_stdin: Annotated[bool, typer.Option("--passphrase-stdin", help="Read it from input.")] = False,
    public_key: Annotated[str, typer.Option(help="The public key that its unit made known.")] = "",
) -> None:
    """Open a package, check its signature and every file, and name the first that was altered."""
    with _sentences():
        from gateway.app.export_tools import verify_package

        said = sys.stdin.readline() if passphrase_stdin else typer.prompt("Passphrase", hide_input=True)
        if not verify_package(file, said.strip(), public_key, _say):
            raise typer.Exit(1)


@audit.command("key")
def audit_key(data: Data = None, config: Config = None) -> None:
    """Print the public key that this gateway's roots are signed with."""
    with _sentences():
        from gateway.app import audit_tools

        _say(audit_tools.public_key(_settings(config, _place(data, None))))


@app.command()
def init(
    name: Annotated[list[str] | None, typer.Option(help="A host name or address that browsers will use.")] = None,
    cert: Annotated[Path | None, typer.Option(help="A certificate that you have already.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key.")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make a local authority and a certificate for HTTPS, or take yours; again: renew the certificate."""
    with _sentences():
        from gateway.app import tools

        tools.prepare_https(_settings(config, _place(data, None)), name or [], cert, key, _say)


@app.command("account-link")
def account_link(
    login: Annotated[str, typer.Option(help="The account's login.")],
    forget_factor: Annotated[
        bool, typer.Option("--forget-second-factor", help="Remove its second factor too.")
    ] = False,
    data: Data = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Print a link, good once for 72 hours, by which the owner of an account sets a new password."""
    from gateway.app import tools

    _worked(data, config, database, lambda settings: tools.make_link(settings, login, forget_factor, _say))


@app.command()
def check(config: Annotated[Path | None, typer.Argument(help="The YAML file.")] = None, file: Config = None) -> None:
    """Validate the configuration: one line for each problem, saying what to change."""
    from gateway.settings import problems

    found = problems(config or file)
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    from gateway.app import tools

    for line in _run(lambda: tools.doubts(_settings(config or file, {}))):
        typer.echo(f"note: {line}")
    typer.echo("the configuration is good")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(version_of("sharp-eyes-gateway"))
