"""Models as they travel: from the files that training tools write to what the kernels run."""
