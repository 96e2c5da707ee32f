"""What recordings come wrapped in: network captures, KISS, compression, text; none of it has to be said beforehand."""
