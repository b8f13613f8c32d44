"""Mail: letters, and the outbox that takes them."""
