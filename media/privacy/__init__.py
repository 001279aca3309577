"""What hides people in photos: finding faces and number plates, and covering them for good."""
