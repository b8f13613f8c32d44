"""What Broadsheet is measured with: quality on real data, and speed; each runs from one command."""
