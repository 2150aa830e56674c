# Takes kernel modules and what they depend on out of Debian's kernel package, with the tables modprobe reads. Sourced by `make`.
# shellcheck shell=bash

# place_modules FROM TO NAME...: decompresses the modules from one /lib/modules/VERSION to another and writes modules.dep and modules.alias.
# Their symbols for debuggers and their signatures go: checking 9 MB of them costs an emulated processor 1.5 billion instructions, twice
# what the kernel needs to boot. The code stays Debian's; the kernel notes once that a module is unsigned.
place_modules() {
  local from=$1 to=$2 name path
  shift 2
  local -A module_file=() module_needs=()
  while read -r path; do
    name=${path##*/}
    name=${name%%.*}
    module_file[${name//-/_}]=$path
  done < <(cd "$from" && find kernel -name '*.ko*')
  mkdir -p "$to"
  : >"$to/modules.alias"
  for name; do place_module "$from" "$to" "${name//-/_}"; done
  for name in "${!module_needs[@]}"; do modules_dep_line "$name"; done | sort >"$to/modules.dep"
  sort -o "$to/modules.alias" "$to/modules.alias"
}

# One module and, before it, what it needs.
place_module() {
  local from=$1 to=$2 name=$3 path=${module_file[$3]:-} file need
  [[ -z ${module_needs[$name]+known} ]] || return 0
  [[ -n $path ]] || die "this kernel has no module $name"
  file=$to/${path%.xz}
  mkdir -p "${file%/*}"
  if [[ $path == *.xz ]]; then xz -dc "$from/$path" >"$file"; else cp "$from/$path" "$file"; fi
  module_needs[$name]=$(needs_of_module "$file")
  module_fields "$file" alias | sed "s/.*/alias & $name/" >>"$to/modules.alias"
  "$triplet-strip" --strip-unneeded "$file"
  for need in ${module_needs[$name]}; do place_module "$from" "$to" "$need"; done
}

# The values of one key of a module's .modinfo section.
module_fields() {
  "$triplet-readelf" -p .modinfo "$1" | sed -nE "s/^ *\[ *[0-9a-f]+\] +$2=(.*)/\1/p"
}

# A "softdep pre" counts as a dependency: one modprobe then loads all that a file system needs, where the kernel would ask for a
# checksum one by one. Its name is that of a kind of algorithm; the module is the portable one.
needs_of_module() {
  { module_fields "$1" depends | tr ',' '\n'; module_fields "$1" softdep | sed -nE 's/^pre: crypto-([a-z0-9]+)$/\1_generic/p'; } |
    tr '-' '_' | sort -u | tr '\n' ' '
}

# modprobe loads what the line names from its end to its beginning, so what is needed deepest stands last.
modules_dep_line() {
  local path=${module_file[$1]} name
  printf '%s:' "${path%.xz}"
  for name in $(modules_below "$1"); do
    path=${module_file[$name]}
    printf ' %s' "${path%.xz}"
  done
  echo
}

modules_below() {
  local need below=" "
  for need in ${module_needs[$1]}; do below+="$need $(modules_below "$need") "; done
  # The last mention is the deepest: the others are dropped.
  tr -s ' ' '\n' <<<"$below" | grep . | tac | awk '!seen[$0]++' | tac | tr '\n' ' '
}
