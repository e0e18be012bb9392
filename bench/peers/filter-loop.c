// bpf_filter over the packets of a file, in memory: for each expression on standard input one pass, then a line with its
// nanoseconds a packet and how many packets it took.
//
//   filter-loop FILE
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct packet {
  const u_char *bytes;
  uint32_t captured, original;
};

enum { RECORD = 16, FILE_HEADER = 24, LONGEST_EXPRESSION = 1 << 16 };

static struct packet *packets;
static size_t packet_count;

/** The file as one piece of memory, each packet where the file has it: the other side reads the same bytes. */
static int load(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return 0;
  size_t size = (size_t)ftell(file);
  u_char *bytes = malloc(size);
  rewind(file);
  if (bytes == NULL || fread(bytes, 1, size, file) != size) return 0;
  packets = malloc(size / RECORD * sizeof *packets);
  for (size_t at = FILE_HEADER; at + RECORD <= size; packet_count++) {
    struct packet *it = &packets[packet_count];
    memcpy(&it->captured, bytes + at + 8, 4), memcpy(&it->original, bytes + at + 12, 4);
    it->bytes = bytes + at + RECORD;
    at += RECORD + it->captured;
  }
  fclose(file);
  return 1;
}

static double nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

int main(int count, char **arguments) {
  static char expression[LONGEST_EXPRESSION];
  if (count != 2 || !load(arguments[1])) return 1;
  pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
  while (fgets(expression, sizeof expression, stdin) != NULL) {
    struct bpf_program program;
    expression[strcspn(expression, "\n")] = '\0';
    if (pcap_compile(pcap, &program, expression, 1, 0) != 0) return 1;
    double from = nanoseconds();
    long taken = 0;
    for (const struct packet *it = packets; it < packets + packet_count; it++)
      if (bpf_filter(program.bf_insns, it->bytes, it->original, it->captured) != 0) taken++;
    printf("%f %ld\n", (nanoseconds() - from) / (double)packet_count, taken);
    fflush(stdout);
    pcap_freecode(&program);
  }
  return 0;
}
