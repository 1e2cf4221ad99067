#!/usr/bin/env bash
# Looks for known vulnerabilities that this code can reach. Usage: vulncheck.sh DATABASE
set -euo pipefail
. infra/tools/notrun.sh

mkdir -p .build
log=.build/govulncheck.log
status=0
go tool govulncheck -db "$1" ./... >"$log" 2>&1 || status=$?
# govulncheck says so when it is the database that failed; every other failure is a finding or a defect.
if ((status)) && grep -q '^govulncheck: fetching vulnerabilities: ' "$log"; then
	not_run "govulncheck" "its database $1 can't be reached: $(sed -n 's/^govulncheck: fetching vulnerabilities: //p' "$log" | tail -n 1)"
	exit 0
fi
cat "$log"
exit "$status"
