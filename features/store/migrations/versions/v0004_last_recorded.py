"""When anything was last recorded up to an instant is found without reading everything."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = ("listings", "paper_versions", "feed_fetches")


def upgrade() -> None:
    """Apply."""
    for table in _TABLES:
        op.create_index(f"ix_{table}_recorded_at", table, ["recorded_at"], unique=False)


def downgrade() -> None:
    """Take back."""
    for table in _TABLES:
        op.drop_index(f"ix_{table}_recorded_at", table)
