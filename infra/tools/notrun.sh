# Sourced by the checks that need something from outside. not_run says, so that nobody overlooks it, that a check did not
# run because that could not be had, and leaves a note for the last line of "make check". Nothing but that is forgiven.

not_run() { # what, why
	local bar='############################################################################'
	printf '\n%s\n#\n#   NOT RUN: %s\n#   %s\n#   Nothing is known of what it would have found.\n#\n%s\n\n' "$bar" "$1" "$2" "$bar" >&2
	mkdir -p .build
	printf '%s (%s)\n' "$1" "$2" >>.build/not-run
}
