"""The pages: server-rendered, and whole without JavaScript."""
