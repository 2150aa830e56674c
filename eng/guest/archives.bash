# The archives of an image. Sourced by `make`.
# shellcheck shell=bash

make_base() {
  local base=$work/base
  (umask 022 && mkdir -p "$base"/{dev,etc,mnt,proc,root,run,sys,tmp,usr/bin,usr/sbin,usr/lib})
  ln -s usr/bin "$base/bin"
  ln -s usr/sbin "$base/sbin"
  ln -s usr/lib "$base/lib"
  [[ $loader != lib64/* ]] || ln -s usr/lib64 "$base/lib64"
  cp -R "$here/root/." "$base/"
  cp "$work/tree/usr/bin/busybox" "$base/usr/bin/"
  ln -s busybox "$base/usr/bin/sh"
  # The kernel itself runs this one, when somebody mounts a file system whose module is not loaded.
  ln -s ../bin/busybox "$base/usr/sbin/modprobe"
  cp "$work/tree/usr/sbin/"{mke2fs,e2fsck,tune2fs,resize2fs} "$base/usr/sbin/"
  ln -s mke2fs "$base/usr/sbin/mkfs.ext4"
  cp "$work/tree/etc/mke2fs.conf" "$base/etc/"
  place_libraries "$base" "$base/usr/sbin/"{mke2fs,e2fsck,tune2fs,resize2fs}
  place_modules "$work/tree/usr/lib/modules/$version" "$base/usr/lib/modules/$version" "${modules[@]}"
  archive "$base" "$work/out/initrd.cpio"
}

make_tools() {
  mkdir -p "$work/extra/usr/bin"
  cp "$work/tree/usr/bin/fio" "$work/extra/usr/bin/"
  place_libraries "$work/extra" "$work/extra/usr/bin/fio"
  archive "$work/extra" "$work/out/tools.cpio"
}

# The modules that can be added to the base, as a program picks them (GuestImage.WithModules): an archive like the others, so that it can also be given as it is.
make_modules() {
  local to=$work/extra-modules
  choose_modules "$work/tree/usr/lib/modules/$version" "$to/usr/lib/modules/$version"
  archive "$to" "$work/out/modules.cpio"
  zstd -q -T0 -12 --rm "$work/out/modules.cpio" -o "$work/out/modules.cpio.zst"
}

# What turns the kernel of this image into the machine of eng/with-kvm.
make_kvm_host() {
  local kvm=$work/kvm to=$root/artifacts/with-kvm
  (umask 022 && mkdir -p "$kvm"/{dev,proc,sys,usr/bin,usr/sbin,usr/lib})
  ln -s usr/bin "$kvm/bin"
  ln -s usr/sbin "$kvm/sbin"
  ln -s usr/lib "$kvm/lib"
  cp "$here/with-kvm/init" "$kvm/init"
  chmod 755 "$kvm/init"
  cp "$work/tree/usr/bin/busybox" "$kvm/usr/bin/"
  ln -s busybox "$kvm/usr/bin/sh"
  place_modules "$work/tree/usr/lib/modules/$version" "$kvm/usr/lib/modules/$version" "${kvm_modules[@]}"
  mkdir -p "$to"
  archive "$kvm" "$to/initrd.cpio"
}

# The libraries the programs need, but for those the base has, and the loader at the path the ABI gives it.
place_libraries() {
  local to=$1 path
  shift
  for path in $(shared_objects "$work/tree" "$@"); do
    [[ ! -e $work/base/$path ]] || continue
    mkdir -p "$to/${path%/*}"
    cp -L "$work/tree/$path" "$to/$path"
  done
  [[ ! -e $work/base/usr/$loader ]] || return 0
  mkdir -p "$to/usr/${loader%/*}"
  ln -s "/usr/lib/$triplet/${loader##*/}" "$to/usr/$loader"
}

# Files belong to root, and the same files make the same archive. The tables of modules come before the modules: a program that picks some of them reads
# the archive once.
archive() {
  chmod -R u=rwX,go=rX "$1"
  find "$1" -exec touch -h -d @0 {} +
  (cd "$1" && find . -mindepth 1 | sed 's,/kernel\b,/~&,' | LC_ALL=C sort | sed 's,/~/kernel,/kernel,' | cpio --quiet -o -H newc -R 0:0 --reproducible) >"$2"
}
