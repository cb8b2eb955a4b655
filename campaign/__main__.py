"""Run the `campaign` command as `python -m campaign`."""

from campaign.cli import main

main()
