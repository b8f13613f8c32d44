"""The ``broadsheet`` command: every command by name, nothing decided here."""

import typer

from broadsheet.commands import daily, demo, digest, ingest, models, score_day, serve, training, users

app = typer.Typer(
    name="broadsheet",
    help="A daily front page of new research papers for each reader.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(ingest.app, name="ingest")
app.add_typer(users.app, name="user")
app.command()(training.retrain)
app.command()(training.evaluate)
app.command()(training.tune)
app.command()(models.runs)
app.command()(models.promote)
app.command()(models.rollback)
app.command()(serve.serve)
app.command()(serve.ui)
app.command()(score_day.score_day)
app.command()(digest.digest)
app.command()(daily.daily)
app.command()(demo.demo)


def main() -> None:
    """Run the command line."""
    app()
