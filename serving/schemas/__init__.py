"""What goes over the wire: request and response models, each with an example that the tests check."""
