"""Files on board, as the ground manages them: named roots that no name leads out of, service 23, and transfers."""
