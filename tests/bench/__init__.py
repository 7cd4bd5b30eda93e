"""Speed, beside what there is to compare it with: `make bench`."""
