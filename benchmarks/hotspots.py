"""Do hotspots tell something that the usual map does not? Boston 2015, held out."""
from __future__ import annotations
