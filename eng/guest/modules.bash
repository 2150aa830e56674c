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

# Where the modules are that a virtual machine may want: file systems, networks, block devices, ciphers, and all of virtio. Left out is what needs
# hardware of its own, and what is rarely used.
module_folders='crypto|lib|arch/[a-z0-9]+/(crypto|lib)|net|fs|drivers/(block|md|virtio|vhost|vdpa|nvdimm|dax)|drivers/nvme/(host|target)|drivers/net/(bonding|ipvlan|macvlan|team|vxlan|wireguard)'
module_files='drivers/net/(dummy|geneve|ifb|macsec|macvtap|net_failover|netconsole|nlmon|tap|tun|veth|virtio_net|vrf|vsockmon)|drivers/scsi/(scsi_mod|sd_mod|sr_mod|sg)|drivers/input/evdev|.*virtio[^/]*'
module_leave_out='net/(6lowpan|appletalk|atm|ax25|batman-adv|bluetooth|can|ceph|dccp|ieee802154|l2tp|mac80211|mac802154|netrom|nfc|phonet|qrtr|rds|rose|rxrpc|sctp|smc|tipc|wireless)'
module_leave_out+='|fs/(adfs|affs|afs|bcachefs|befs|bfs|ceph|coda|dlm|ecryptfs|efs|freevxfs|gfs2|hfs|hpfs|jffs2|jfs|minix|nilfs2|ocfs2|omfs|orangefs|qnx[46]|reiserfs|romfs|sysv|ubifs|ufs|zonefs)'
module_leave_out+='|drivers/block/(aoe|drbd|mtip32xx)'

# choose_modules FROM TO: the same for those folders, with all that the modules need, and with the tables that depmod makes.
choose_modules() {
  local from=$1 to=$2 base=${2%/lib/modules/*}
  depmod -b "${from%/lib/modules/*}" "$version"
  mkdir -p "$to"
  # A line is a module and then all that it needs; so is the path of each of those.
  { grep -E "^kernel/($module_folders)/" "$from/modules.dep" | grep -vE "^kernel/($module_leave_out)/"
    grep -E "^kernel/($module_files)\.ko" "$from/modules.dep"
  } | tr -d ':' | tr ' ' '\n' | sort -u | (cd "$from" && xargs cp --parents -t "$to")
  find "$to" -name '*.xz' -print0 | xargs -0 -r -n 20 -P "$(nproc)" xz -d
  cp "$from"/modules.{builtin,builtin.modinfo,order} "$to/"
  depmod -b "$base" "$version"
  rm -f "$to"/modules.*.bin "$to"/modules.{builtin.modinfo,devname,order,symbols}
  find "$to" -name '*.ko' -print0 | xargs -0 -n 50 "$triplet-strip" --strip-unneeded
}
