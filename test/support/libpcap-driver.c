// libpcap as an oracle for the filter compiler: compiles expressions, runs the programs over packets, and answers with
// both. Frames on standard input and output: a length (4 bytes, little-endian), a letter, the rest. See libpcap.ts.
//
//   libpcap-driver              as for a savefile of the link type that each request names
//   libpcap-driver INTERFACE [LINK TYPE NAME]   as for a live capture on that interface; programs only
//
// Hosts, networks and Ethernet addresses come from a table that the caller sends, so that no name reaches DNS.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <net/ethernet.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_SETS = 256, MAX_HANDLES = 512, MAX_NAMES = 64, SECONDS_PER_EXPRESSION = 4 };
enum { REFUSED = 0, COMPILED = 1, CRASHED = 2, TIMED_OUT = 3 };

struct packet {
  uint32_t captured, original;
  const uint8_t *bytes;
};

static struct set {
  uint32_t count;
  struct packet *packets;
} sets[MAX_SETS];

static struct handle {
  uint32_t link_type, snap_length;
  pcap_t *pcap;
} handles[MAX_HANDLES];

static struct name {
  char kind; // h, n, e
  char name[64], value[64];
} names[MAX_NAMES];
static int name_count;

static const char *lookup(char kind, const char *name, int *from) {
  for (; *from < name_count; (*from)++)
    if (names[*from].kind == kind && strcmp(names[*from].name, name) == 0) return names[(*from)++].value;
  return NULL;
}

// ---- The three look-ups of libpcap that could ask the network, replaced.

typedef int getaddrinfo_function(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
  static getaddrinfo_function *real;
  if (real == NULL) real = (getaddrinfo_function *)dlsym(RTLD_NEXT, "getaddrinfo");
  if (node == NULL || (hints != NULL && hints->ai_flags & AI_NUMERICHOST)) return real(node, service, hints, result);
  struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST};
  if (hints != NULL) numeric = *hints, numeric.ai_flags |= AI_NUMERICHOST;
  int from = 0, status = real(node, service, &numeric, result);
  if (status == 0) return 0;
  const char *address;
  struct addrinfo **end = result;
  while ((address = lookup('h', node, &from)) != NULL) {
    if (real(address, service, &numeric, end) != 0) continue;
    while (*end != NULL) end = &(*end)->ai_next;
    status = 0;
  }
  return status;
}

int getnetbyname_r(const char *name, struct netent *net, char *buffer, size_t size, struct netent **result, int *error) {
  int from = 0;
  const char *value = lookup('n', name, &from);
  (void)buffer, (void)size;
  memset(net, 0, sizeof *net);
  if (value != NULL) net->n_net = (uint32_t)strtoul(value, NULL, 0);
  net->n_addrtype = AF_INET;
  *result = value == NULL ? NULL : net;
  *error = value == NULL ? HOST_NOT_FOUND : 0;
  return 0;
}

int ether_hostton(const char *name, struct ether_addr *address) {
  int from = 0;
  const char *value = lookup('e', name, &from);
  return value != NULL && ether_aton_r(value, address) != NULL ? 0 : -1;
}

// ---- Answers

static uint8_t *answer;
static size_t answer_length, answer_room;

static void put(const void *bytes, size_t length) {
  while (answer_length + length > answer_room) answer = realloc(answer, answer_room = (answer_room + 4096) * 2);
  memcpy(answer + answer_length, bytes, length);
  answer_length += length;
}

static void put_byte(uint8_t value) { put(&value, 1); }
static void put_u32(uint32_t value) { put(&value, 4); }

static void write_all(const uint8_t *bytes, size_t length) {
  while (length > 0) {
    ssize_t done = write(1, bytes, length);
    if (done <= 0) _exit(1);
    bytes += done, length -= (size_t)done;
  }
}

static void send_answer(void) {
  uint32_t length = (uint32_t)answer_length;
  write_all((uint8_t *)&length, 4);
  write_all(answer, answer_length);
}

// ---- Faults of libpcap's own: the request that met one is answered, then the process ends.

static volatile uint8_t phase; // 0 compiling, 1 optimising, 2 running

static void on_fault(int number) {
  uint8_t fault[7] = {3, 0, 0, 0, number == SIGALRM ? TIMED_OUT : CRASHED, (uint8_t)number, phase};
  write_all(fault, sizeof fault);
  _exit(1);
}

static void catch_faults(void) {
  static uint8_t stack[65536];
  stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternative, NULL);
  struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
  const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, NULL);
}

// ---- Handles

static pcap_t *live;

/** A handle like the one that reading a savefile of this link type gives: its header, and nothing behind it. */
static pcap_t *savefile_handle(uint32_t link_type, uint32_t snap_length, char *error) {
  int i = 0;
  for (; i < MAX_HANDLES && handles[i].pcap != NULL; i++)
    if (handles[i].link_type == link_type && handles[i].snap_length == snap_length) return handles[i].pcap;
  struct { uint32_t magic; uint16_t major, minor; uint32_t zone, figures, snap_length, link_type; } header =
    {0xa1b2c3d4, 2, 4, 0, 0, snap_length, link_type};
  FILE *file = tmpfile();
  fwrite(&header, sizeof header, 1, file);
  rewind(file);
  pcap_t *pcap = pcap_fopen_offline(file, error);
  if (pcap != NULL && i < MAX_HANDLES) handles[i] = (struct handle){link_type, snap_length, pcap};
  return pcap;
}

static void open_live(const char *interface, const char *link_type) {
  char error[PCAP_ERRBUF_SIZE];
  live = pcap_create(interface, error);
  if (live == NULL || pcap_activate(live) < 0 ||
      (link_type != NULL && pcap_set_datalink(live, pcap_datalink_name_to_val(link_type)) != 0)) {
    fprintf(stderr, "cannot open %s: %s\n", interface, live == NULL ? error : pcap_geterr(live));
    exit(1);
  }
}

// ---- Requests

static void put_program(const struct bpf_program *program) {
  put_u32(program->bf_len);
  for (u_int i = 0; i < program->bf_len; i++) {
    const struct bpf_insn *it = &program->bf_insns[i];
    put(&it->code, 2), put_byte(it->jt), put_byte(it->jf), put_u32(it->k);
  }
}

/** The program with every `ret #0` made to accept: what it still answers with 0 ended by a bad load or division. */
static struct bpf_insn *fault_finder(const struct bpf_program *program) {
  struct bpf_insn *copy = malloc(program->bf_len * sizeof *copy);
  memcpy(copy, program->bf_insns, program->bf_len * sizeof *copy);
  for (u_int i = 0; i < program->bf_len; i++)
    if (copy[i].code == (BPF_RET | BPF_K) && copy[i].k == 0) copy[i].k = 1;
  return copy;
}

/** bpf_filter finds in scratch memory that the program did not write whatever lies on the stack: here zeros, mostly. */
static __attribute__((noinline)) void clear_stack(void) {
  volatile uint8_t below[1024];
  for (size_t i = 0; i < sizeof below; i++) below[i] = 0;
}

static int takes(const struct bpf_insn *program, const struct packet *it) {
  clear_stack();
  return bpf_filter(program, it->bytes, it->original, it->captured) != 0;
}

static void put_verdicts(const struct set *set, struct bpf_program *plain, struct bpf_program *optimised) {
  struct bpf_insn *finder = fault_finder(plain);
  put_u32(set->count);
  for (uint32_t i = 0; i < set->count; i++) {
    const struct packet *it = &set->packets[i];
    uint8_t verdict = (uint8_t)takes(plain->bf_insns, it);
    if (optimised->bf_insns != NULL && takes(optimised->bf_insns, it)) verdict |= 2;
    if (!(verdict & 1) && !takes(finder, it)) verdict |= 4;
    put_byte(verdict);
  }
  free(finder);
}

static void put_refusal(const char *message) {
  put_byte(REFUSED), put_u32((uint32_t)strlen(message)), put(message, strlen(message));
}

static void compile(const uint8_t *request, const char *expression) {
  uint32_t set, link_type, snap_length, netmask;
  memcpy(&set, request, 4), memcpy(&link_type, request + 4, 4);
  memcpy(&snap_length, request + 8, 4), memcpy(&netmask, request + 12, 4);
  char error[PCAP_ERRBUF_SIZE] = "";
  pcap_t *pcap = live != NULL ? live : savefile_handle(link_type, snap_length, error);
  if (pcap == NULL) return put_refusal(error);
  struct bpf_program plain, optimised = {0};
  phase = 0;
  alarm(SECONDS_PER_EXPRESSION);
  if (pcap_compile(pcap, &plain, expression, 0, netmask) != 0) return put_refusal(pcap_geterr(pcap));
  put_byte(COMPILED), put_program(&plain);
  phase = 1;
  if (pcap_compile(pcap, &optimised, expression, 1, netmask) != 0) {
    optimised.bf_insns = NULL;
    put_refusal(pcap_geterr(pcap));
  } else put_byte(COMPILED), put_program(&optimised);
  phase = 2;
  put_verdicts(&sets[live != NULL ? MAX_SETS - 1 : set], &plain, &optimised);
  pcap_freecode(&plain);
  if (optimised.bf_insns != NULL) pcap_freecode(&optimised);
}

static void keep_packets(const uint8_t *request) {
  uint32_t id, count;
  memcpy(&id, request, 4), memcpy(&count, request + 4, 4);
  struct set *set = &sets[id];
  set->count = count, set->packets = calloc(count + 1, sizeof *set->packets);
  for (const uint8_t *at = request + 8; count > 0; count--) {
    struct packet *it = &set->packets[set->count - count];
    memcpy(&it->captured, at, 4), memcpy(&it->original, at + 4, 4);
    uint8_t *bytes = malloc(it->captured + 1); // of its own, so that a checker sees loads beyond it
    memcpy(bytes, at + 8, it->captured);
    it->bytes = bytes, at += 8 + it->captured;
  }
}

int main(int count, char **arguments) {
  catch_faults();
  if (count > 1) open_live(arguments[1], count > 2 ? arguments[2] : NULL);
  uint32_t length;
  while (fread(&length, 4, 1, stdin) == 1) {
    uint8_t *request = calloc(1, length + 1);
    if (fread(request, length, 1, stdin) != 1) return 1;
    if (request[0] == 'S') keep_packets(request + 1);
    else if (request[0] == 'N') {
      struct name *it = &names[name_count++];
      sscanf((char *)request + 1, "%c %63s %63s", &it->kind, it->name, it->value);
    } else {
      answer_length = 0;
      compile(request + 1, (char *)request + 17);
      alarm(0);
      send_answer();
    }
    free(request);
  }
  return 0;
}
