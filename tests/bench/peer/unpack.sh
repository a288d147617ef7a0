# For scripts to source: unpack PACKAGE PLACE downloads a Debian package, and those of its dependencies that are not
# installed, to PLACE/packages and unpacks them to PLACE/root, once. It installs nothing.
unpack() {
  local package=$1 place=$2 names file
  [ ! -e "$place/version" ] || return 0
  mkdir -p "$place/packages" "$place/root"
  # The package itself is named too: if it is installed, the simulation does not list it.
  names=$({ echo "$package"; apt-get install --simulate --no-install-recommends "$package"; } |
    sed -n "1p; s/^Inst \([^ ]*\).*/\1/p" | sort -u)
  (cd "$place/packages" && apt-get download -o APT::Sandbox::User=root $names >/dev/null)
  for file in "$place"/packages/*.deb; do dpkg -x "$file" "$place/root"; done
  dpkg-deb -f "$place/packages/$package"_*.deb Version | sed 's/^.*://; s/[+-].*//; s/\.dfsg.*//' >"$place/version"
}
