"""`perfwise cache`: where the compiled guest is, and how to be rid of it."""

import typer

__all__ = ["app"]

app = typer.Typer(
    help="The compiled guest: where it is kept, and how to clear it.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("path")
def show_path() -> None:
    """Print the folder that holds the compiled guest."""
    from perfwise.programs.guest.runtime import cache_folder

    typer.echo(cache_folder())


@app.command("clear")
def clear() -> None:
    """Delete the compiled guests; the next start compiles again, about 20 s of CPU time."""
    from perfwise.programs.guest.runtime import cache_folder

    files = sorted(cache_folder().glob("guest-*.cwasm"))
    size = sum(file.stat().st_size for file in files)
    for file in files:
        file.unlink(missing_ok=True)
    typer.echo(f"deleted {len(files)} file(s), {size / 1e6:.0f} MB")
