"""What tests are put together from."""
