"""The composition root: the ``broadsheet`` command wires the packages together and prints."""
