"""Finding places by name, and naming places: own gazetteer, or a service that the city has."""
