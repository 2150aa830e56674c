# What has to come with an image that is given to others: the licences of what is in it, and where its sources are. Sourced by `make`.
# shellcheck shell=bash

# A package's statement is its copyright file; the texts that the statements refer to are Debian's common licences. Packages of one source have the same
# statement, which is there once.
make_licences() {
  local name file sum words statement=$work/tree/usr/share/doc common=$work/common-licenses
  local -A names=() files=()
  while read -r name _ _ file; do
    if [[ $name == base-files ]]; then
      mkdir -p "$common"
      dpkg-deb --fsys-tarfile "$file" | tar -x -C "$common" --strip-components=4 --wildcards './usr/share/common-licenses/*'
      continue
    fi
    [[ -s $statement/$name/copyright ]] || die "the Debian package $name states no licence"
    sum=$(sha256sum <"$statement/$name/copyright")
    names[$sum]+=" $name"
    files[$sum]=$statement/$name/copyright
  done <"$work/fetched"
  {
    for sum in "${!files[@]}"; do echo "${names[$sum]} ${files[$sum]}"; done | sort | while read -r -a words; do
      licence_text "Debian packages: ${words[*]::${#words[@]}-1}" "${words[-1]}"
    done
    for file in "$common"/*; do
      # The same text may be there by several names.
      [[ -L $file ]] || licence_text "/usr/share/common-licenses/${file##*/}" "$file"
    done
  } >"$work/out/licences.txt"
  grep -q 'GNU GENERAL PUBLIC LICENSE' "$work/out/licences.txt" || die "the GPL is missing in Debian's common licences"
}

licence_text() {
  printf '================ %s\n\n' "$1"
  cat "$2"
  printf '\n\n'
}

# The list of the source packages, for people.
make_sources() {
  local name version
  {
    cat <<'EOF'
The programs in this guest image are Debian's. Some are under the GNU General Public License, among them the Linux kernel and busybox. If you give them to
others, give or offer their sources too. They were built by Debian from the source packages below, and were not changed, apart from kernel modules, of which the symbols for debuggers
and the signatures were removed (strip --strip-unneeded). The scripts that put them together are in the project's repository, in eng/guest.

Debian keeps every version of every source package. With the version that is named here:
  apt-get source NAME=VERSION                                 from a mirror of this release, as long as it is current
  https://snapshot.debian.org/package/NAME/VERSION/           for good

The licences are in licences.txt. Packages and their sums are in manifest.

EOF
    grep '^source ' "$work/out/manifest" | while read -r _ name version; do
      printf '%-24s %-40s https://snapshot.debian.org/package/%s/%s/\n' "$name" "$version" "$name" "$(sed 's/:/%3A/; s/+/%2B/g' <<<"$version")"
    done
  } >"$work/out/sources.txt"
}
