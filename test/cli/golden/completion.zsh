#compdef pathcap
# Completion of pathcap for zsh: pathcap completion zsh > "${fpath[1]}/_pathcap"
_pathcap_interfaces() { compadd any /sys/class/net/*(N:t) }
_pathcap() {
  if (( CURRENT > 2 )); then
    case $words[2] in
      path)
        shift words; (( CURRENT-- ))
        _arguments -s -S \
          '*-i+[only packets that pass this interface\: a name, its number in the list of -D, or any (repeatable)]:interface:_pathcap_interfaces' \
          '*--interface=[only packets that pass this interface\: a name, its number in the list of -D, or any (repeatable)]:interface:_pathcap_interfaces' \
          '--netns=[only packets that pass this network namespace\: that of a process, or a path as /run/netns/NAME]:netns:_files' \
          '-r+[read journeys from this file, as --json writes them, - for standard input]:-r:_files' \
          '-c+[end after this many journeys]:-c: ' \
          '--duration=[end after this many seconds]:duration: ' \
          '-F+[take the filter from this file, where # begins a comment; words after the options then do not count]:-F:_files' \
          '--deep[let the filter look behind tags and into tunnels, where tcpdump would need vlan, mpls and the like]' \
          '-B+[size of the buffer between the kernel and pathcap, in KiB, as a power of two; 32768 by default]:buffer-size: ' \
          '--buffer-size=[size of the buffer between the kernel and pathcap, in KiB, as a power of two; 32768 by default]:buffer-size: ' \
          '--every-point[observe every point, however many packets pass by that nobody asked for]' \
          '--xdp[with -i\: see frames at XDP too, by a program of our own there, which passes all of them on]' \
          '-w+[write packets and their journeys to this pcapng file instead of printing them, - for standard output]:-w:_files' \
          '--json[print a line of JSON for each journey, which -r reads]' \
          '--summary[print at the end each different path once, with its count and times]' \
          '--compare=[with -r\: print where its first journey and the first of this file differ]:compare:_files' \
          '-h[print this text and end]' \
          '--help[print this text and end]' \
          '*:filter: '
        return
        ;;
      drops)
        shift words; (( CURRENT-- ))
        _arguments -s -S \
          '*-i+[only packets on this interface, or received on it\: a name, its number in the list of -D, or any (repeatable)]:interface:_pathcap_interfaces' \
          '*--interface=[only packets on this interface, or received on it\: a name, its number in the list of -D, or any (repeatable)]:interface:_pathcap_interfaces' \
          '--netns=[only packets of this network namespace\: that of a process, or a path as /run/netns/NAME]:netns:_files' \
          '--duration=[end after this many seconds]:duration: ' \
          '--interval=[print each time after so many seconds, not only at the end; 1 on a terminal]:interval: ' \
          '--json[print a line of JSON instead of a table]' \
          '-F+[take the filter from this file, where # begins a comment; words after the options then do not count]:-F:_files' \
          '--deep[let the filter look behind tags and into tunnels, where tcpdump would need vlan, mpls and the like]' \
          '-h[print this text and end]' \
          '--help[print this text and end]' \
          '*:filter: '
        return
        ;;
      map)
        shift words; (( CURRENT-- ))
        _arguments -s -S \
          '--json[print a line of JSON for each point]' \
          '-h[print this text and end]' \
          '--help[print this text and end]'
        return
        ;;
      explain)
        shift words; (( CURRENT-- ))
        _arguments -s -S \
          '-r+[the capture file whose packets arrive, - for standard input]:-r:_files' \
          '--packet=[one packet in words, as tcp 10.0.0.9\:40000 > 10.77.0.2\:22 SYN]:packet: ' \
          '--host=[the state of the host, as pathcap snapshot writes it]:host:_files' \
          '--in=[the host'\''s interface that they arrive on]:in:_pathcap_interfaces' \
          '--iptables=[rules as iptables-save prints them, in place of those of the state]:iptables:_files' \
          '-c+[end after this many packets]:-c: ' \
          '-F+[take the filter from this file, where # begins a comment; words after the options then do not count]:-F:_files' \
          '--deep[let the filter look behind tags and into tunnels, where tcpdump would need vlan, mpls and the like]' \
          '-w+[write packets and their journeys to this pcapng file instead of printing them, - for standard output]:-w:_files' \
          '--json[print a line of JSON for each journey, which pathcap path -r reads]' \
          '--summary[print at the end each different path once, with its count and times]' \
          '-h[print this text and end]' \
          '--help[print this text and end]' \
          '*:filter: '
        return
        ;;
      check)
        shift words; (( CURRENT-- ))
        _arguments -s -S \
          '--host=[the state of the host, in place of the one that the cases name]:host:_files' \
          '--iptables=[rules as iptables-save prints them, in place of those of the state]:iptables:_files' \
          '--tap[print the results as TAP, version 14]' \
          '--junit=[write the results to this file too, as XML of JUnit]:junit:_files' \
          '-h[print this text and end]' \
          '--help[print this text and end]' \
          '*:filter: '
        return
        ;;
      snapshot)
        shift words; (( CURRENT-- ))
        _arguments -s -S \
          '--netns=[of this network namespace\: that of a process, or a path as /run/netns/NAME]:netns:_files' \
          '-h[print this text and end]' \
          '--help[print this text and end]'
        return
        ;;
      demo)
        shift words; (( CURRENT-- ))
        _arguments -s -S \
          '-h[print this text and end]' \
          '--help[print this text and end]' \
          '--json[print a line of JSON for each packet, with its fields; with -v their offsets and lengths too]'
        return
        ;;
      completion)
        shift words; (( CURRENT-- ))
        _arguments -s -S \
          '-h[print this text and end]' \
          '--help[print this text and end]' \
          '1:shell:(bash zsh fish)'
        return
        ;;
      manual)
        shift words; (( CURRENT-- ))
        _arguments -s -S \
          '-h[print this text and end]' \
          '--help[print this text and end]'
        return
        ;;
      version)
        shift words; (( CURRENT-- ))
        _arguments -s -S \
          '-h[print this text and end]' \
          '--help[print this text and end]'
        return
        ;;
    esac
  elif [[ $words[CURRENT] != -* ]]; then
    local -a commands=(
      'path:show which way packets take through the running kernel, and what becomes of them'
      'drops:show which packets the running kernel drops\: why, where, on which device, how many, and what to check'
      'map:list the points of a packet'\''s path, how each is observed here, and what is missing'
      'explain:show which way the packets of a file would take through a host, from the host'\''s saved state'
      'check:run the cases of a YAML file against the model of a host\: unit tests for a firewall'
      'snapshot:write the state of this host for pathcap explain\: addresses, routes, rules, sockets, sysctls'
      'demo:make two network namespaces, send a dozen packets between them, capture and print them'
      'completion:print a completion script for a shell'
      'manual:print the manual page, for man -l -'
      'version:print the version'
    )
    _describe command commands
  fi
  _arguments -s -S \
    '*-i+[capture on this interface\: a name, its number in the list of -D, or any (repeatable)]:interface:_pathcap_interfaces' \
    '*--interface=[capture on this interface\: a name, its number in the list of -D, or any (repeatable)]:interface:_pathcap_interfaces' \
    '-D[list the interfaces and end]' \
    '--list-interfaces[list the interfaces and end]' \
    '-L[list the interface'\''s link types and end]' \
    '--list-data-link-types[list the interface'\''s link types and end]' \
    '*-r+[read packets from this capture file\: pcap or pcapng, gzip or not, - for standard input (repeatable)]:-r:_files' \
    '-V+[read the capture files named in this file, a line each, one after the other]:-V:_files' \
    '-c+[end after this many packets]:-c: ' \
    '--count[print only how many packets there were]' \
    '-F+[take the filter from this file, where # begins a comment; words after the options then do not count]:-F:_files' \
    '--deep[let the filter look behind tags and into tunnels, where tcpdump would need vlan, mpls and the like]' \
    '*-d[print the filter'\''s code and end; -dd as a fragment of C, -ddd as decimal numbers]' \
    '-O[leave the filter'\''s code as it was first made]' \
    '--no-optimize[leave the filter'\''s code as it was first made]' \
    '-y+[compile the filter of -d for this link type; when capturing, insist on it]:linktype: ' \
    '--linktype=[compile the filter of -d for this link type; when capturing, insist on it]:linktype: ' \
    '--filter-explain=[print what a filter means and its code; with -r, which of its words decides about each packet]:filter-explain: ' \
    '--packet=[with --filter-explain\: the packet of the file to follow, from 1]:packet: ' \
    '-s+[capture this many bytes of each packet; 0 means the default, 262144]:snapshot-length: ' \
    '--snapshot-length=[capture this many bytes of each packet; 0 means the default, 262144]:snapshot-length: ' \
    '-B+[size of the capture buffer, in KiB (1024 bytes)]:buffer-size: ' \
    '--buffer-size=[size of the capture buffer, in KiB (1024 bytes)]:buffer-size: ' \
    '-p[leave the interface out of promiscuous mode]' \
    '--no-promiscuous-mode[leave the interface out of promiscuous mode]' \
    '-Q+[capture only what comes in, or only what goes out]:direction:(in out inout)' \
    '--direction=[capture only what comes in, or only what goes out]:direction:(in out inout)' \
    '--immediate-mode[deliver each packet as soon as it arrives]' \
    '-j+[who stamps the time on packets]:time-stamp-type:(host host_lowprec host_hiprec host_hiprec_unsynced adapter adapter_unsynced)' \
    '--time-stamp-type=[who stamps the time on packets]:time-stamp-type:(host host_lowprec host_hiprec host_hiprec_unsynced adapter adapter_unsynced)' \
    '-J[list the interface'\''s time stamp types and end]' \
    '--list-time-stamp-types[list the interface'\''s time stamp types and end]' \
    '--time-stamp-precision=[digits of times, printed and written]:time-stamp-precision:(micro nano)' \
    '--micro[the same as --time-stamp-precision=micro (the default)]' \
    '--nano[the same as --time-stamp-precision=nano]' \
    '-Z+[when run as root, become this user once the source is open]:relinquish-privileges:_users' \
    '--relinquish-privileges=[when run as root, become this user once the source is open]:relinquish-privileges:_users' \
    '-w+[write packets to this file instead of printing them, - for standard output]:-w:_files' \
    '--format=[format of the file; pcapng when its name ends in .pcapng, else pcap]:format:(pcap pcapng)' \
    '-U[hand each packet to the system as soon as it is written]' \
    '--packet-buffered[hand each packet to the system as soon as it is written]' \
    '-C+[begin another file when this one has more than this many million bytes; a number is added to its name]:-C: ' \
    '-G+[begin another file when this one is so old]:-G: ' \
    '-W+[with -C, overwrite the first file after this many; with -G alone, end after this many]:-W: ' \
    '-z+[run this command with the name of each file that -C or -G has ended]:-z:_command_names' \
    '--print[print packets too, although they are written to a file]' \
    '*-n[print addresses and ports as numbers]' \
    '-N[print host names without their domain]' \
    '-e[print the link-level header]' \
    '-q[print less about each protocol]' \
    '*-v[print more; -vv and -vvv still more]' \
    '-S[print TCP sequence numbers as they are, not relative to the first]' \
    '--absolute-tcp-sequence-numbers[print TCP sequence numbers as they are, not relative to the first]' \
    '*-t[no time; -tt seconds since 1970, -ttt since the line before, -tttt with the date, -ttttt since the first line]' \
    '*-x[dump packets in hex; -xx with the link-level header]' \
    '*-X[dump in hex and ASCII; -XX with that header]' \
    '*-A[dump in ASCII; -AA with that header]' \
    '-#[print a number before each packet]' \
    '--number[print a number before each packet]' \
    '-K[do not verify checksums, which an interface may compute only later]' \
    '--dont-verify-checksums[do not verify checksums, which an interface may compute only later]' \
    '-l[hand each packet to the reader of a pipe as soon as it is printed]' \
    '-H[accepted for the sake of habit\: 802.11s headers need no option]' \
    '--json[print a line of JSON for each packet, with its fields; with -v their offsets and lengths too]' \
    '-h[print this text and end]' \
    '--help[print this text and end]' \
    '--version[print the version and end]' \
    '*:filter: '
}
if [ "$funcstack[1]" = _pathcap ]; then _pathcap "$@"; else compdef _pathcap pathcap; fi
