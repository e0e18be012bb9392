# Completion of pathcap for bash: source <(pathcap completion bash)
_pathcap() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} line
  COMPREPLY=()
  _pathcap_add() { while IFS= read -r line; do COMPREPLY+=("$line"); done; }
  if [ "$COMP_CWORD" -gt 1 ]; then
    case ${COMP_WORDS[1]} in
      path)
        case $previous in
          -i|--interface|-[!-]*i) _pathcap_add < <(compgen -W "any $(ls /sys/class/net 2>/dev/null)" -- "$current"); return ;;
          --netns) _pathcap_add < <(compgen -f -- "$current"); return ;;
          -r|-[!-]*r) _pathcap_add < <(compgen -f -- "$current"); return ;;
          -c|-[!-]*c) _pathcap_add < <(:); return ;;
          --duration) _pathcap_add < <(:); return ;;
          -F|-[!-]*F) _pathcap_add < <(compgen -f -- "$current"); return ;;
          -B|--buffer-size|-[!-]*B) _pathcap_add < <(:); return ;;
          -w|-[!-]*w) _pathcap_add < <(compgen -f -- "$current"); return ;;
          --compare) _pathcap_add < <(compgen -f -- "$current"); return ;;
        esac
        _pathcap_add < <(compgen -W '-i --interface --netns -r -c --duration -F --deep -B --buffer-size --every-point --xdp -w --json --summary --compare -h --help' -- "$current")
        return
        ;;
      drops)
        case $previous in
          -i|--interface|-[!-]*i) _pathcap_add < <(compgen -W "any $(ls /sys/class/net 2>/dev/null)" -- "$current"); return ;;
          --netns) _pathcap_add < <(compgen -f -- "$current"); return ;;
          --duration) _pathcap_add < <(:); return ;;
          --interval) _pathcap_add < <(:); return ;;
          -F|-[!-]*F) _pathcap_add < <(compgen -f -- "$current"); return ;;
        esac
        _pathcap_add < <(compgen -W '-i --interface --netns --duration --interval --json -F --deep -h --help' -- "$current")
        return
        ;;
      map)
        _pathcap_add < <(compgen -W '--json -h --help' -- "$current")
        return
        ;;
      explain)
        case $previous in
          -r|-[!-]*r) _pathcap_add < <(compgen -f -- "$current"); return ;;
          --packet) _pathcap_add < <(:); return ;;
          --host) _pathcap_add < <(compgen -f -- "$current"); return ;;
          --in) _pathcap_add < <(compgen -W "any $(ls /sys/class/net 2>/dev/null)" -- "$current"); return ;;
          --iptables) _pathcap_add < <(compgen -f -- "$current"); return ;;
          -c|-[!-]*c) _pathcap_add < <(:); return ;;
          -F|-[!-]*F) _pathcap_add < <(compgen -f -- "$current"); return ;;
          -w|-[!-]*w) _pathcap_add < <(compgen -f -- "$current"); return ;;
        esac
        _pathcap_add < <(compgen -W '-r --packet --host --in --iptables -c -F --deep -w --json --summary -h --help' -- "$current")
        return
        ;;
      check)
        case $previous in
          --host) _pathcap_add < <(compgen -f -- "$current"); return ;;
          --iptables) _pathcap_add < <(compgen -f -- "$current"); return ;;
          --junit) _pathcap_add < <(compgen -f -- "$current"); return ;;
        esac
        _pathcap_add < <(compgen -W '--host --iptables --tap --junit -h --help' -- "$current")
        return
        ;;
      snapshot)
        case $previous in
          --netns) _pathcap_add < <(compgen -f -- "$current"); return ;;
        esac
        _pathcap_add < <(compgen -W '--netns -h --help' -- "$current")
        return
        ;;
      demo)
        _pathcap_add < <(compgen -W '-h --help --json' -- "$current")
        return
        ;;
      completion)
        _pathcap_add < <(compgen -W 'bash zsh fish -h --help' -- "$current")
        return
        ;;
      manual)
        _pathcap_add < <(compgen -W '-h --help' -- "$current")
        return
        ;;
      version)
        _pathcap_add < <(compgen -W '-h --help' -- "$current")
        return
        ;;
    esac
  fi
  case $previous in
    -i|--interface|-[!-]*i) _pathcap_add < <(compgen -W "any $(ls /sys/class/net 2>/dev/null)" -- "$current"); return ;;
    -r|-[!-]*r) _pathcap_add < <(compgen -f -- "$current"); return ;;
    -V|-[!-]*V) _pathcap_add < <(compgen -f -- "$current"); return ;;
    -c|-[!-]*c) _pathcap_add < <(:); return ;;
    -F|-[!-]*F) _pathcap_add < <(compgen -f -- "$current"); return ;;
    -y|--linktype|-[!-]*y) _pathcap_add < <(:); return ;;
    --filter-explain) _pathcap_add < <(:); return ;;
    --packet) _pathcap_add < <(:); return ;;
    -s|--snapshot-length|-[!-]*s) _pathcap_add < <(:); return ;;
    -B|--buffer-size|-[!-]*B) _pathcap_add < <(:); return ;;
    -Q|--direction|-[!-]*Q) _pathcap_add < <(compgen -W 'in out inout' -- "$current"); return ;;
    -j|--time-stamp-type|-[!-]*j) _pathcap_add < <(compgen -W 'host host_lowprec host_hiprec host_hiprec_unsynced adapter adapter_unsynced' -- "$current"); return ;;
    --time-stamp-precision) _pathcap_add < <(compgen -W 'micro nano' -- "$current"); return ;;
    -Z|--relinquish-privileges|-[!-]*Z) _pathcap_add < <(compgen -u -- "$current"); return ;;
    -w|-[!-]*w) _pathcap_add < <(compgen -f -- "$current"); return ;;
    --format) _pathcap_add < <(compgen -W 'pcap pcapng' -- "$current"); return ;;
    -C|-[!-]*C) _pathcap_add < <(:); return ;;
    -G|-[!-]*G) _pathcap_add < <(:); return ;;
    -W|-[!-]*W) _pathcap_add < <(:); return ;;
    -z|-[!-]*z) _pathcap_add < <(compgen -c -- "$current"); return ;;
  esac
  case $current in
    -*) _pathcap_add < <(compgen -W '-i --interface -D --list-interfaces -L --list-data-link-types -r -V -c --count -F --deep -d -O --no-optimize -y --linktype --filter-explain --packet -s --snapshot-length -B --buffer-size -p --no-promiscuous-mode -Q --direction --immediate-mode -j --time-stamp-type -J --list-time-stamp-types --time-stamp-precision --micro --nano -Z --relinquish-privileges -w --format -U --packet-buffered -C -G -W -z --print -n -N -e -q -v -S --absolute-tcp-sequence-numbers -t -x -X -A -# --number -K --dont-verify-checksums -l -H --json -h --help --version' -- "$current") ;;
    *)
      if [ "$COMP_CWORD" -eq 1 ]; then
        _pathcap_add < <(compgen -W 'path drops map explain check snapshot demo completion manual version' -- "$current")
      fi
      ;;
  esac
}
complete -o filenames -F _pathcap pathcap
