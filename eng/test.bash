# Runs the test projects one after another and counts. Sourced by `build`.
# shellcheck shell=bash

test_limit=${VIRTIO_TEST_LIMIT:-900}

# Projects with tests on the KVM machine (trait Machine=Kvm). On a processor that could have KVM they run where it is real, and only there.
kvm_projects=(tests/Guest tests/Virtio.Vmm.Tests)
[[ $(uname -m) == x86_64 ]] || kvm_projects=()

# The last line of the output is always the counts.
run_tests() {
  local project passed=0 failed=0 skipped=0
  rm -rf artifacts/test-results
  for project in tests/*/*.csproj samples/OwnDevice/*.csproj samples/Keyboard/*.csproj; do run_and_count "${project%/*}"; done
  for project in "${kvm_projects[@]}"; do run_and_count "$project" kvm; done
  list_skipped
  echo "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0 && passed > 0))
}

run_and_count() {
  local results
  run_project "$@" || true
  results=$(results_of "$@")
  if [[ -s $results ]]; then
    passed=$((passed + $(count_of passed "$results")))
    failed=$((failed + $(count_of failed "$results") + $(count_of errors "$results")))
    skipped=$((skipped + $(count_of skipped "$results")))
  fi
  # What ended otherwise than by its own verdict (a crash, the time limit) is one failure more.
  [[ ! -f $results.broken ]] || failed=$((failed + 1))
  [[ ${2:-} != kvm || ! -s $results ]] || repeat_lost "$1" "$results"
}

# The emulated processor loses a guest now and then (docs/testing.md): where every failure says so, those tests are run once more.
repeat_lost() {
  local lost again
  mapfile -t lost < <(lost_in "$2")
  ((${#lost[@]} > 0)) || return 0
  echo "repeated, because the emulated processor lost the guest: ${lost[*]}"
  run_project "$1" kvm "${lost[@]}" || return 0
  again=$(results_of "$1" kvm "${lost[@]}")
  (($(count_of passed "$again") >= ${#lost[@]})) || return 0
  passed=$((passed + $(count_of failed "$2")))
  failed=$((failed - $(count_of failed "$2")))
}

# lost_in FILE: the failed tests, if each of them says that its guest ended in a triple fault.
lost_in() {
  local tests
  tests=$(tr '\n' ' ' <"$1" | sed 's/<test /\n&/g' | grep '^<test [^>]*result="Fail"') || return 0
  ! grep -qv 'triple fault' <<<"$tests" || return 0
  sed -E 's/^<test [^>]* type="([^"]*)" method="([^"]*)".*/\1.\2/' <<<"$tests" | sort -u
}

results_of() { echo "artifacts/test-results/${1##*/}${2:+-$2}${3:+-again}.xml"; }

# run_project PROJECT [kvm [TEST..]]: one test project, or its tests on the KVM machine, or those of them again if KVM is emulated, in a process group
# of its own: at the time limit, or at Ctrl-C, what it started ends with it.
run_project() {
  local program results status=0 job test where=()
  program=$(program_of "$1")
  results=$(results_of "$@")
  mkdir -p "${results%/*}"
  rm -f "$results" "$results.broken"
  echo "== ${1##*/}${2:+ on $2}"
  if [[ ${2:-} == kvm ]]; then
    where=(env VIRTIO_WITH_KVM_OUT="${results%/*}" eng/with-kvm)
    # Where KVM is real, a lost guest is nobody else's fault.
    # shellcheck disable=SC2016 # the variable of the machine that runs it
    (($# <= 2)) || where+=(bash -c '[[ -n ${VIRTIO_WITH_KVM_EMULATED:-} ]] && exec "$@"' again)
    where+=("$program" --filter-trait Machine=Kvm)
    ((${VIRTIO_TEST_ALL:-1} > 0)) || where+=(--filter-not-trait Run=All)
    for test in "${@:3}"; do where+=(--filter-method "$test"); done
  elif ((${#kvm_projects[@]} > 0)); then
    where=("$program" --filter-not-trait Machine=Kvm)
  else
    where=("$program")
  fi
  set -m
  timeout -k 10 "$test_limit" "${where[@]}" --results-directory "${results%/*}" --report-xunit --report-xunit-filename "${results##*/}" \
    --no-ansi --no-progress </dev/null &
  job=$!
  set +m
  # shellcheck disable=SC2064 # the job of now
  trap "kill -TERM -- -$job 2>/dev/null; exit 130" INT TERM
  wait "$job" || status=$?
  trap - INT TERM
  kill -KILL -- "-$job" 2>/dev/null || true
  case $status in
    0 | 2) ;;
    8) return 0 ;; # nothing to run in this project
    124 | 137) say "${1##*/} did not end within $test_limit s"; touch "$results.broken" ;;
    *) say "${1##*/} ended with status $status"; touch "$results.broken" ;;
  esac
  return "$status"
}

# count_of WHAT FILE: the sum of one count over the assemblies of a result file.
count_of() {
  grep -o '<assembly [^>]*>' "$2" | sed -nE "s/.* $1=\"([0-9]+)\".*/\1/p" | awk '{ sum += $1 } END { print sum + 0 }'
}

list_skipped() {
  local skipped
  skipped=$(cat artifacts/test-results/*.xml 2>/dev/null | sed 's/<test /\n&/g' | grep '^<test .*result="Skip"' |
    sed -E 's/^<test .* name="([^"]*)".*<reason>(<!\[CDATA\[)?(.*)<\/reason>.*/skipped \1: \3/; s/^<test .* name="([^"]*)".*/skipped \1/; s/\]\]>$//; s/\\?&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g') || true
  [[ -z $skipped ]] || echo "$skipped"
}
