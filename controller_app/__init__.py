"""The controller application: os-ken, state per datapath, northbound API, command line."""
