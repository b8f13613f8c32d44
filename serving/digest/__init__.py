"""The digest: a day's paper by mail, personal for users, by trend for everybody else."""
