"""Options that several commands share, and the values they become."""

from seatsync.cli.options.folders import as_folder, as_folders, chosen_folders, folder, folders, one_folder
from seatsync.cli.options.shared import (
    Command,
    EncodingName,
    Moment,
    as_of_option,
    check_can_ask,
    common,
    day,
    every_global_option,
    host_timeout_option,
    is_confirmed,
    is_typed_yes,
    option,
    with_options,
    yes_option,
)

__all__ = [
    "Command",
    "EncodingName",
    "Moment",
    "as_folder",
    "as_folders",
    "as_of_option",
    "check_can_ask",
    "chosen_folders",
    "common",
    "day",
    "every_global_option",
    "folder",
    "folders",
    "host_timeout_option",
    "is_confirmed",
    "is_typed_yes",
    "one_folder",
    "option",
    "with_options",
    "yes_option",
]
