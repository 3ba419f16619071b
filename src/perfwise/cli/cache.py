"""`perfwise cache`: where the compiled guest and programs are, and how to be rid of them."""

import typer

__all__ = ["app"]

app = typer.Typer(
    help="The compiled guest and programs: where they are kept, and how to clear them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("path")
def show_path() -> None:
    """Print the folder that holds the compiled guest and programs."""
    from perfwise.programs.guest.runtime import cache_folder

    typer.echo(cache_folder())


@app.command("clear")
def clear() -> None:
    """Delete what was compiled; the next start compiles again: 20 s of CPU time, a minute for C and C++."""
    from perfwise.programs.guest.runtime import cache_folder

    folder = cache_folder()
    patterns = ("guest-*.cwasm", "compiled-*", "zig-*/**/*")
    files = sorted(file for pattern in patterns for file in folder.glob(pattern) if file.is_file())
    size = sum(file.stat().st_size for file in files)
    for file in files:
        file.unlink(missing_ok=True)
    typer.echo(f"deleted {len(files)} file(s), {size / 1e6:.0f} MB")
