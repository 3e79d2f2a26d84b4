# SPDX-License-Identifier: MIT
#
# For server/run and tests/run to source: telling what happens, and quiet commands whose output is
# kept and shown when they fail.

step() {
    printf 'parley: %s\n' "$*" >&2
}

# logged LOG COMMAND…
logged() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 && return
    tail -n 40 "$log" >&2
    step "that failed: $*"
    step "the whole output is in $log"
    return 1
}
