# What every script of the build shares. Sourced, never run.
# shellcheck shell=bash

say() { printf 'build: %s\n' "$*" >&2; }

die() { say "$*"; exit 1; }

# Installs the Debian packages that are missing (as root), or names them in one line and ends. "a|b" is either of two names, for
# what is called differently in different releases.
need_packages() {
  local names missing=()
  for names; do
    has_package "${names//|/ }" || missing+=("$names")
  done
  ((${#missing[@]} == 0)) && return 0
  ((EUID == 0)) || die "missing Debian packages; as root: apt-get install $(known_names "${missing[@]}")"
  install_packages "${missing[@]}" || die "apt-get could not install: $(known_names "${missing[@]}")"
}

has_package() {
  # shellcheck disable=SC2086 # a list of names; those that dpkg has never heard of are not there
  grep -qx installed < <(dpkg-query -W -f '${db:Status-Status}\n' $1 2>/dev/null)
}

# Of each "a|b" the first that this release has.
known_names() {
  local names name
  for names; do
    for name in ${names//|/ }; do
      apt-cache show "$name" >/dev/null 2>&1 && break
      name=${names%%|*}
    done
    printf '%s ' "$name"
  done
}

# A fresh container has no package lists, and a stale list names files its mirror has dropped: one update, one more try.
install_packages() {
  say "installing ${*//|/ or }"
  apt_install "$@" >/dev/null 2>&1 || { apt-get -q update >&2 && apt_install "$@" >&2; }
}

apt_install() {
  # shellcheck disable=SC2046 # a list of names
  DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $(known_names "$@") </dev/null
}
