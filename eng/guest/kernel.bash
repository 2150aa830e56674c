# The kernel file of an image, and the parameters it boots faster with. Sourced by `make`.
# shellcheck shell=bash

# Parts of the kernel's start that only cost time in such a guest.
left_out=(jent_mod_init load_system_certificate_list init_kprobe_trace bpf_tcp_ca_kfunc_init bpf_dummy_struct_ops_init latency_fsnotify_init)

make_kernel() {
  "make_kernel_$architecture"
  cp "$work/tree/boot/config-$version" "$work/out/config"
  (IFS=,; echo "cryptomgr.notests initcall_blacklist=${left_out[*]}") >"$work/out/cmdline"
}

make_kernel_amd64() {
  cp "$work/tree/boot/vmlinuz-$version" "$work/out/vmlinuz"
  [[ $(od -A n -c -j 514 -N 4 "$work/out/vmlinuz" | tr -d ' ') == 'HdrS' ]] || die "$version is not a bzImage"
}

# Debian's riscv64 kernel is a plain Image; should it become a compressed one, it is unpacked here, so that nobody else need know.
make_kernel_riscv64() {
  local kernel=$work/tree/boot/vmlinux-$version
  [[ -f $kernel ]] || kernel=$work/tree/boot/vmlinuz-$version
  case $(od -A n -t x1 -N 8 "$kernel" | tr -d ' ') in
    1f8b*) gzip -dc "$kernel" >"$work/out/Image" ;;
    4d5a????7a696d67) unpack_zboot "$kernel" >"$work/out/Image" ;;
    *) cp "$kernel" "$work/out/Image" ;;
  esac
  [[ $(od -A n -c -j 56 -N 4 "$work/out/Image" | tr -d ' ') == 'RSC005' ]] || die "$kernel is not a RISC-V Image"
}

# An EFI zboot image: where the payload starts, how long it is, and the name of what compressed it stand in its first 32 bytes.
unpack_zboot() {
  local offset size method
  read -r offset size < <(od -A n -t u4 -j 8 -N 8 "$1")
  method=$(dd if="$1" bs=1 skip=24 count=8 status=none | tr -d '\0')
  tail -c "+$((offset + 1))" "$1" | head -c "$size" | case $method in
    gzip) gzip -dc ;;
    xzkern) xz -dc ;;
    zstd*) need_packages zstd && zstd -dc ;;
    *) die "a kernel compressed by $method is new to this script" ;;
  esac
}
