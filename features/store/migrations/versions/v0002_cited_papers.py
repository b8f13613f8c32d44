"""What a paper cites."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    column = sa.Column("cited_papers", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("paper_versions", column)


def downgrade() -> None:
    """Undo."""
    op.drop_column("paper_versions", "cited_papers")
