# What the set-up scripts share; sourced, not run. They say how to do by hand what cannot be done from here: `say_how`.

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# Installs packages of Debian or Ubuntu, asking nothing and overwriting no configuration.
install_packages() {
  local apt=(env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 apt-get -qq -o Dpkg::Options::=--force-confold)
  command -v apt-get >/dev/null || say_how
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || say_how
  echo "Installing $* ..." >&2
  as_root "${apt[@]}" update >&2 || say_how
  as_root "${apt[@]}" install -y --no-install-recommends "$@" >&2 || say_how
}

# Installs a folder's lock file, unless npm has: it writes its own copy when all of it is there. Not `npm ci`: that refuses a
# lock file that lacks the packages of other platforms, and a registry need not have them all.
install_lock_file() {
  [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] ||
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install --prefix "$1" --no-save --no-audit --no-fund --loglevel=error >&2
}
