#!/usr/bin/env bash
# Makes sure that the programs the tests run are on this machine: on Debian and Ubuntu, root installs what is missing;
# anyone else is told what to install. Silent when all of them are there. What one test needs alone may be missing: the run
# goes on without it and says so.
set -euo pipefail

# Ordinary users do not have the sbin directories in PATH; unbound lives there.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# Program and the Debian package it comes in.
programs=(
  redis-server:redis-server
  dig:bind9-dnsutils
  unbound:unbound
  unbound-checkconf:unbound
  openssl:openssl
  kdig:knot-dnsutils
  drill:ldnsutils
  named:bind9
  named-compilezone:bind9-utils
  knotd:knot
  nsd:nsd
  dnsmasq:dnsmasq-base
  nginx:nginx-light
  smtpd:opensmtpd
  socat:socat
  dnsdist:dnsdist
  systemd-analyze:systemd
)
# Those without which the run goes on.
# A package without a program of its own stands beside one that has one.
spare=(
  zsh:zsh
  fish:fish
  dnsviz:dnsviz
  pdns_recursor:pdns-recursor
  kresd:knot-resolver
  musl-gcc:musl-tools
  promtool:prometheus
  fstrm_capture:fstrm-bin
  dnstap-ldns:dnstap-ldns
  certbot:python3-certbot-dns-cloudflare
  lexicon:'lexicon python3-libcloud'
  ddclient:'ddclient libio-socket-ssl-perl'
  jq:jq
  groff:groff
  chromium:chromium
  faketime:faketime
)

# Packages of these programs, of those that are not here.
missing_packages() {
  local entry package found=()
  for entry in "$@"; do
    package=${entry#*:}
    command -v "${entry%%:*}" >/dev/null 2>&1 && continue
    [[ " ${found[*]-} " == *" $package "* ]] || found+=("$package")
  done
  echo "${found[*]-}"
}

missing=$(missing_packages "${programs[@]}")
spared=$(missing_packages "${spare[@]}")
[[ -z $missing$spared ]] && exit 0

fail() {
  echo "the tests need programs that are not here; install them: apt-get install --no-install-recommends $missing" >&2
  exit 1
}
# Ends the script where nothing else is missing.
go_without() {
  [[ -z $spared ]] ||
    echo "some tests are left out; for them: apt-get install --no-install-recommends $spared" >&2
}

if ! { [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null 2>&1; }; then
  [[ -z $missing ]] || fail
  go_without
  exit 0
fi

# Debian starts a service as soon as its package is installed, unless this file says no (101). What was there comes back.
policy=/usr/sbin/policy-rc.d
kept=''
restore_policy() {
  rm -f "$policy"
  if [[ -n $kept ]]; then mv "$kept" "$policy"; fi
}
if [[ -e $policy || -L $policy ]]; then
  kept=$(mktemp -u "$policy.XXXXXX")
  mv "$policy" "$kept"
fi
trap restore_policy EXIT
trap 'exit 1' INT TERM HUP
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

install() {
  # Package names have no spaces, so that the list may be split at them.
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${patience[@]}" $1 >"$log" 2>&1 </dev/null
}
# A machine without a network soon knows it.
patience=(-o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20)

log=$(mktemp)
trap 'restore_policy; rm -f "$log"' EXIT
# The package lists may be there already; then fetching them again is only waiting.
if ! install "$missing $spared"; then
  if ! apt-get update -qq "${patience[@]}" >"$log" 2>&1 || ! install "$missing $spared"; then
    if [[ -n $missing ]] && ! install "$missing"; then
      cat "$log" >&2
      fail
    fi
  fi
fi
missing=$(missing_packages "${programs[@]}")
[[ -z $missing ]] || fail
spared=$(missing_packages "${spare[@]}")
go_without
