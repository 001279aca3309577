"""HTTP: routes, wire schemas, and how errors look. The only package that knows FastAPI."""
