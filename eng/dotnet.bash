# The .NET side of the build. Sourced by `build`.
# shellcheck shell=bash

# The SDK wants ICU for a culture nobody asked for; a container without it is fine.
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
# Programs of the system's administrator (nginx, mkfs) are not on everybody's path.
export PATH=$PATH:/usr/sbin:/sbin

need_dotnet() {
  has_dotnet && return
  if ((EUID == 0)) && install_packages dotnet-sdk-10.0 2>/dev/null && has_dotnet; then
    return
  fi
  die "the .NET SDK 10 is missing: 'apt-get install dotnet-sdk-10.0' where Ubuntu has it, otherwise https://dot.net/download"
}

has_dotnet() {
  dotnet --list-sdks 2>/dev/null | grep -q '^10\.'
}

# build_once NAME PROJECT SOURCE...: a Release build, left out when nothing under the sources is newer than the last one.
build_once() {
  local stamp=artifacts/.built-$1 project=$2
  shift 2
  mkdir -p artifacts
  if [[ -f $stamp && -z $(newer_than "$stamp" "$@") ]]; then
    return
  fi
  # The stamp has the time of the start: what is edited during the build is newer.
  touch "$stamp.new"
  dotnet msbuild "$project" -restore -p:Configuration=Release -v:q -nologo
  mv "$stamp.new" "$stamp"
}

# The first file, or folder (where one was deleted), that is newer than a stamp.
newer_than() {
  local stamp=$1
  shift
  find "$@" global.json Directory.*.props .editorconfig Virtio.slnx \( -name bin -o -name obj -o -name TestResults \) -prune -o -newer "$stamp" -print -quit
}

build_all() {
  local sources=(src tests) extra
  for extra in samples bench fuzz; do [[ ! -d $extra ]] || sources+=("$extra"); done
  build_once all Virtio.slnx "${sources[@]}"
}

# The program that the project in a folder makes.
program_of() {
  local file name
  file=$(echo "$1"/*.csproj)
  name=$(sed -nE 's/.*<AssemblyName>(.*)<\/AssemblyName>.*/\1/p' "$file")
  [[ -n $name ]] || name=$(basename "$file" .csproj)
  echo "$1/bin/Release/net10.0/$name"
}

# publish_native [PROJECT NAME]: a program as one native binary, artifacts/NAME; the command, unless told otherwise. Any warning about trimming or native
# compilation ends it.
publish_native() {
  local linker=() project=${1:-src/Virtio.Cli} name=${2:-virtio}
  command -v clang >/dev/null || linker=(-p:CppCompilerAndLinker=gcc)
  rm -rf artifacts/publish
  dotnet publish "$project" -c Release --use-current-runtime -v q --nologo -clp:NoSummary -warnaserror -p:IlcTreatWarningsAsErrors=true \
    "${linker[@]}" -o artifacts/publish
  cp "artifacts/publish/$(basename "$(program_of "$project")")" "artifacts/$name"
  say "artifacts/$name: $(du -h "artifacts/$name" | cut -f 1)"
}
