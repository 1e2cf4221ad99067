#!/usr/bin/env bash
# Runs every fuzz target for a short time. Usage: fuzz.sh DURATION
set -euo pipefail

found=0
while IFS=: read -r file name; do
	echo "--- $name in $(dirname "$file")"
	# Minimizing what is merely interesting would take most of the time.
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$1" -fuzzminimizetime 20x "./$(dirname "$file")"
	found=$((found + 1))
done < <(grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' functions shared infra | sed 's/:func /:/' | sort)
echo "fuzzed $found targets for $1 each"
((found > 0))
