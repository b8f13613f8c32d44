"""From nothing to /readyz with everybody's classifiers at hand, and what a second server process adds."""

from benchmarks.speeds.rows import Row, SpeedOptions
from benchmarks.speeds.server import serving
from benchmarks.speeds.world import world


def run(options: SpeedOptions) -> list[Row]:
    """Seconds and megabytes of a first and a second process."""
    log = options.scratch / "start.log"
    with (
        world(options) as place,
        serving(place.settings, log) as first,
        serving(place.settings, log) as second,
    ):
        users = f"{options.n_users:,} users"
        return [
            Row(f"cold start to /readyz, {users}", first.seconds, "s", must="<= 4 s"),
            Row("a second start", second.seconds, "s", "the first", first.seconds),
            Row("resident memory of the first process", first.resident_mb(), "MB", must="<= 1229 MB"),
            Row(
                "memory of the second that it shares with nobody",
                second.own_mb(),
                "MB",
                "its resident memory",
                second.resident_mb(),
                must="<= 200 MB",
            ),
        ]
