# Which shared objects a program needs, read from the files themselves. Sourced by `make`.
# shellcheck shell=bash

# shared_objects TREE PROGRAM...: the paths, inside TREE, of all shared objects the programs need, found by following DT_NEEDED to the end.
shared_objects() {
  local tree=$1 name path next
  shift
  local -A where=() seen=()
  while read -r path; do where[${path##*/}]=$path; done < <(find "$tree/usr/lib" -name '*.so*' ! -type d | sort -r)
  next=("$@")
  while ((${#next[@]} > 0)); do
    mapfile -t names < <("$triplet-readelf" -d "${next[@]}" | sed -nE 's/.*\(NEEDED\).*\[(.*)\].*/\1/p' | sort -u)
    next=()
    for name in "${names[@]}"; do
      [[ -z ${seen[$name]:-} ]] || continue
      [[ -n ${where[$name]:-} ]] || die "no Debian package that was fetched holds $name"
      seen[$name]=1
      next+=("${where[$name]}")
    done
  done
  for name in "${!seen[@]}"; do echo "${where[$name]#"$tree/"}"; done | sort
}
