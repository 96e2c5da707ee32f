"""Images to masks, and masks to cleaner ones."""
