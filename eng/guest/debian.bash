# Packages of another Debian architecture, through the host's own apt settings but apart from the host's packages:
# its own lists, cache and package database, nothing installed. Sourced by `make`.
# shellcheck shell=bash

# The Debian mirror this host already uses; a host without one (Ubuntu) gets Debian's own.
debian_mirror() {
  local uri release
  if [[ -n ${VIRTIO_DEBIAN_MIRROR:-} ]]; then
    echo "$VIRTIO_DEBIAN_MIRROR"
    return
  fi
  # shellcheck disable=SC2016 # the names are apt's, not the shell's
  while IFS='|' read -r uri release; do
    case $release in
      buster | bullseye | bookworm | trixie | forky | duke | sid | oldoldstable | oldstable | stable | testing | unstable)
        echo "$uri"
        return
        ;;
    esac
  done < <(apt-get indextargets --no-release-info --format '$(REPO_URI)|$(RELEASE)' 2>/dev/null)
  echo http://deb.debian.org/debian/
}

# debian_open DIRECTORY ARCHITECTURE SUITE: sets up the private apt root and reads the signed package lists.
debian_open() {
  local directory=$1 architecture=$2 suite=$3
  debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [[ -f $debian_keyring ]] || debian_keyring=${debian_keyring%.gpg}.pgp
  [[ -f $debian_keyring ]] || die "Debian's signing keys are missing; as root: apt-get install debian-archive-keyring"
  mkdir -p "$directory"/cache/archives/partial
  : >"$directory/status"
  debian_settings "$directory" "$architecture" >"$directory/apt.conf"
  debian_apt=(-c "$directory/apt.conf" -q)
  debian_update "$directory" "$suite" || debian_refused "$directory" "$suite"
}

# While a mirror is being brought up to date, or where a cache before it has only one of the two, its index and its lists do not belong
# together. That passes, or is so under one name of the release only: the other is as well signed. Whatever else is wrong stays wrong.
debian_update() {
  local directory=$1 suite=$2 pause
  for pause in 10 60 0; do
    debian_read "$directory" "$suite" && return 0
    debian_in_motion "$directory" || return 1
    debian_read "$directory" stable && grep -qx "Codename: $suite" "$directory"/state/lists/*_InRelease && return 0
    ((pause > 0)) || break
    say "Debian's mirror is being brought up to date; asking again in $pause s"
    sleep "$pause"
  done
  return 1
}

debian_read() {
  rm -rf "$1/state"
  mkdir -p "$1/state/lists/partial"
  echo "deb [signed-by=$debian_keyring target=Packages] $(debian_mirror) $2 main" >"$1/sources.list"
  apt-get "${debian_apt[@]}" --error-on=any update >"$1/update.log" 2>&1
}

debian_in_motion() {
  grep -qE 'Mirror sync in progress|Hash Sum mismatch' "$1/update.log"
}

# Given with -c, so read after the host's files and stronger than they are. The host's hooks act on the host's cache, which is not ours to touch.
debian_settings() {
  cat <<EOF
#clear APT::Architectures;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Get::AllowUnauthenticated "false";
APT::Sandbox::User "$(id -un)";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Dir::State "$1/state";
Dir::State::lists "lists/";
Dir::State::status "$1/status";
Dir::Cache "$1/cache";
Dir::Etc::SourceList "$1/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
EOF
}

debian_refused() {
  grep -E '^(E|W|Err):?' "$1/update.log" >&2 || cat "$1/update.log" >&2
  if grep -qE 'NO_PUBKEY|not signed|EXPKEYSIG' "$1/update.log"; then
    die "this host's Debian keys do not know suite $2; as root: apt-get install debian-archive-keyring"
  fi
  die "cannot read Debian's package lists from $(debian_mirror) (another mirror: VIRTIO_DEBIAN_MIRROR=URI)"
}

# The direct dependencies of the named packages.
debian_depends() {
  apt-cache "${debian_apt[@]}" depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$@" |
    sed -nE 's/^[ |]+(Pre)?Depends: ([^<]+)$/\2/p' | sort -u
}

# The named packages and all libraries they come to depend on. What is no library (interpreters, account tools) is not followed.
debian_libraries() {
  local package next=("$@")
  local -A seen=()
  while ((${#next[@]} > 0)); do
    for package in "${next[@]}"; do seen[$package]=1; done
    mapfile -t found < <(debian_depends "${next[@]}" | grep -E '^(lib|zlib)')
    next=()
    for package in "${found[@]}"; do
      [[ -n ${seen[$package]:-} ]] || next+=("$package")
    done
  done
  printf '%s\n' "${!seen[@]}" | sort
}

# debian_fetch DIRECTORY PACKAGE...: downloads the packages, checked against the signed lists, and prints one line for each: name, version, sha256, file.
debian_fetch() {
  local directory=$1 file sum
  shift
  mkdir -p "$directory"
  (cd "$directory" && apt-get "${debian_apt[@]}" download "$@" >download.log 2>&1) ||
    { cat "$directory/download.log" >&2; die "cannot download the guest's Debian packages"; }
  # Asked elsewhere than in the directory, because apt names only the files that are not there yet.
  (cd / && apt-get "${debian_apt[@]}" download --print-uris "$@") |
    sed -nE "s/^'[^']*' ([^ ]+) [0-9]+ SHA256:([0-9a-f]+).*/\1 \2/p" | sort >"$directory/sums"
  while read -r file sum; do
    file=$directory/$file
    [[ $(sha256sum <"$file") == "$sum  -" ]] || die "$file is not the file that Debian signed"
    echo "$(dpkg-deb -f "$file" Package) $(dpkg-deb -f "$file" Version) $sum $file"
  done <"$directory/sums"
}

# debian_sources FILE: the source packages that a package was built from, name and version each. One that is linked statically, or signed after it was
# built, names the others in a field of its own.
debian_sources() {
  local name version using
  name=$(dpkg-deb -f "$1" Source)
  version=$(dpkg-deb -f "$1" Version)
  [[ -n $name ]] || name=$(dpkg-deb -f "$1" Package)
  if [[ $name == *' ('* ]]; then
    version=${name#* (}
    version=${version%)}
  fi
  echo "${name%% *} $version"
  for using in Built-Using Static-Built-Using; do dpkg-deb -f "$1" "$using" | tr ',' '\n' | sed -nE 's/^ *([^ ]+) \(= ([^)]+)\).*/\1 \2/p'; done
}
