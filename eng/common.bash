# What every script of the build shares. Sourced, never run.
# shellcheck shell=bash

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() { say "$*"; exit 1; }

# Installs the Debian packages that are missing (as root), or names them in one line and ends.
need_packages() {
  local package missing=()
  for package; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  ((${#missing[@]} == 0)) && return 0
  ((EUID == 0)) || die "missing Debian packages; as root: apt-get install ${missing[*]}"
  say "installing ${missing[*]}"
  install_packages "${missing[@]}" || die "apt-get could not install: ${missing[*]}"
}

# A fresh container has no package lists, and a stale list names files its mirror has dropped: one update, one more try.
install_packages() {
  apt_install "$@" 2>/dev/null || { apt-get -q update >&2 && apt_install "$@"; }
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@" >&2 </dev/null
}
