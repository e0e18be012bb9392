// Counts the packets of a file that a filter takes: what whoever needs a fast count with libpcap writes.
//
//   count-matches FILE EXPRESSION
#include <pcap/pcap.h>
#include <stdio.h>

int main(int count, char **arguments) {
  char error[PCAP_ERRBUF_SIZE];
  struct bpf_program program;
  struct pcap_pkthdr *header;
  const u_char *bytes;
  long packets = 0;
  pcap_t *file = count == 3 ? pcap_open_offline(arguments[1], error) : NULL;
  if (file == NULL || pcap_compile(file, &program, arguments[2], 1, 0) != 0 || pcap_setfilter(file, &program) != 0) return 1;
  while (pcap_next_ex(file, &header, &bytes) == 1) packets++;
  printf("%ld packets\n", packets);
  return 0;
}
