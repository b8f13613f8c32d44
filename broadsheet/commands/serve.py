"""``broadsheet serve`` and ``broadsheet ui``: the two servers."""

import gc
import os
import sys
from typing import Annotated

import typer

from broadsheet.console import one_line_errors, out, read_settings
from features.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to bind.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind.", min=0, max=65535)] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes that share one model.", min=1)] = None,
    insecure_local: Annotated[
        bool, typer.Option("--insecure-local", help="Ask for no tokens; binds to loopback only.")
    ] = False,
) -> None:
    """Serve ranked recommendations over HTTP."""
    with one_line_errors():
        gc.disable()  # a third of a second: what imports and models make is no garbage; a service enables it
        from serving.run import serve as run_server

        settings = with_serving(read_settings(), host, port, workers=workers, insecure_local=insecure_local)
        run_server(settings)


def with_serving(
    settings: Settings, host: str | None, port: int | None, *, workers: int | None = None, insecure_local: bool
) -> Settings:
    """``settings`` with what the command line says instead of the environment."""
    said: dict[str, object] = {
        "host": host,
        "port": port,
        "workers": workers,
        "insecure_local": insecure_local or None,
    }
    changes = {name: value for name, value in said.items() if value is not None}
    return settings.model_copy(update={"serving": settings.serving.model_copy(update=changes)})


def ui(
    port: Annotated[int, typer.Option(help="Port to bind.", min=1, max=65535)] = 5000,
    host: Annotated[str, typer.Option(help="Address to bind.")] = "127.0.0.1",
) -> None:
    """Open the MLflow UI on the runs of this folder."""
    with one_line_errors():
        settings = read_settings()
        out.print(f"MLflow UI on http://{host}:{port} (end with Ctrl+C)", markup=False)
        sys.stdout.flush()
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
        quiet["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # seven worker processes that nothing of ours uses
        command = mlflow_server(settings, host, port)
        os.execve(sys.executable, command, {**quiet, **os.environ})  # noqa: S606  our own interpreter, no shell


def mlflow_server(settings: Settings, host: str, port: int) -> list[str]:
    """The command line of MLflow's server on our runs."""
    return [
        *(sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", settings.tracking_uri, "--default-artifact-root", settings.artifact_root),
    ]
