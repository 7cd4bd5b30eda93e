"""The Unicloud adapter: `signing`, `errors`, `wire`, `client`, `adapter`."""
