"""Photos: received, judged, kept, and turned into what may be shown."""
