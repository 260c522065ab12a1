"""The command line `appsteer`."""
