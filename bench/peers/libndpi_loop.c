/* libndpi in the leanest loop that it can be run in: the peer that the engine's speed is measured against.
 *
 *   cc -O3 -march=native -o libndpi_loop libndpi_loop.c -lndpi
 *   libndpi_loop table|ndpi FILE [ROUNDS]
 *
 * The capture (classic pcap, Ethernet) is read into memory first. A round takes every packet from there: Ethernet with VLAN tags,
 * IPv4 or IPv6, ports; a flow table with open addressing; with "ndpi", libndpi until it has its verdict and its metadata, or has
 * seen as many packets as ndpiReader would give it, and then the flow's state is freed. "table" stops before libndpi.
 * Printed are seconds of each round (the first one warms up and is not printed), packets, flows, and memory in use when the
 * last packet was taken, less the capture's. */
#define _GNU_SOURCE
#include <malloc.h>
#include <ndpi/ndpi_api.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ETHERNET = 1, MAX_TCP_PACKETS = 80, MAX_UDP_PACKETS = 24, FILE_HEADER = 24, RECORD_HEADER = 16 };

typedef struct {
  uint8_t low[16], high[16];
  uint16_t low_port, high_port, vlan;
  uint8_t protocol, used;
} flow_key;

typedef struct {
  flow_key key;
  uint64_t packets, bytes, first_us, last_us;
  struct ndpi_flow_struct *state;
  ndpi_protocol verdict;
  uint8_t done;
} flow;

typedef struct {
  const uint8_t *ip;
  unsigned size;
  flow_key key;
} packet;

static flow *table;
static size_t capacity, flows;
static struct ndpi_detection_module_struct *module;

static uint16_t be16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

static uint64_t hash_of(const flow_key *key) {
  uint64_t words[5], hash = 0x9e3779b97f4a7c15u;
  memcpy(words, key, sizeof words);
  for (int i = 0; i < 5; i++) hash = (hash ^ words[i]) * 0xff51afd7ed558ccdu, hash ^= hash >> 32;
  return hash;
}

/* Addresses and ports in one order; 0 when the frame carries no IP. */
static int decode(const uint8_t *frame, unsigned size, packet *out) {
  unsigned at = 14, header;
  if (size < at) return 0;
  uint16_t kind = be16(frame + 12);
  memset(&out->key, 0, sizeof out->key);
  while ((kind == 0x8100 || kind == 0x88a8) && size >= at + 4) {
    out->key.vlan = be16(frame + at) & 0xfff;
    kind = be16(frame + at + 2);
    at += 4;
  }
  const uint8_t *ip = frame + at, *source, *destination;
  unsigned width, there = size - at;
  if (kind == 0x0800 && there >= 20) {
    header = (ip[0] & 15) * 4u, width = 4, source = ip + 12, destination = ip + 16, out->key.protocol = ip[9];
  } else if (kind == 0x86dd && there >= 40) {
    header = 40, width = 16, source = ip + 8, destination = ip + 24, out->key.protocol = ip[6];
  } else {
    return 0;
  }
  uint16_t ports[2] = {0, 0};
  if ((out->key.protocol == 6 || out->key.protocol == 17) && there >= header + 4)
    ports[0] = be16(ip + header), ports[1] = be16(ip + header + 2);
  int order = memcmp(source, destination, width);
  int source_is_low = order < 0 || (order == 0 && ports[0] <= ports[1]);
  memcpy(out->key.low, source_is_low ? source : destination, width);
  memcpy(out->key.high, source_is_low ? destination : source, width);
  out->key.low_port = ports[!source_is_low];
  out->key.high_port = ports[source_is_low];
  out->key.used = 1;
  out->ip = ip;
  out->size = there;
  return 1;
}

static void grow(void) {
  flow *before = table;
  size_t old = capacity;
  capacity = old ? old * 2 : 1 << 16;
  table = calloc(capacity, sizeof *table);
  for (size_t i = 0; i < old; i++)
    if (before[i].key.used) {
      size_t at = hash_of(&before[i].key) & (capacity - 1);
      while (table[at].key.used) at = (at + 1) & (capacity - 1);
      table[at] = before[i];
    }
  free(before);
}

static flow *find(const flow_key *key) {
  if (flows * 2 >= capacity) grow();
  size_t at = hash_of(key) & (capacity - 1);
  while (table[at].key.used) {
    if (!memcmp(&table[at].key, key, sizeof *key)) return &table[at];
    at = (at + 1) & (capacity - 1);
  }
  table[at].key = *key;
  flows++;
  return &table[at];
}

static void finish(flow *one) {
  ndpi_free_flow(one->state);
  one->state = NULL;
  one->done = 1;
}

static void classify(flow *one, const packet *seen, uint64_t at_us) {
  uint8_t guessed;
  unsigned most = seen->key.protocol == 6 ? MAX_TCP_PACKETS : MAX_UDP_PACKETS;
  if (!one->state) one->state = ndpi_flow_malloc(SIZEOF_FLOW_STRUCT), memset(one->state, 0, SIZEOF_FLOW_STRUCT);
  unsigned size = seen->size > 65535 ? 65535 : seen->size;
  one->verdict = ndpi_detection_process_packet(module, one->state, seen->ip, (unsigned short)size, at_us / 1000);
  if (one->verdict.app_protocol != NDPI_PROTOCOL_UNKNOWN || one->verdict.master_protocol != NDPI_PROTOCOL_UNKNOWN) {
    if (!ndpi_extra_dissection_possible(module, one->state)) finish(one);
  } else if (one->packets >= most) {
    one->verdict = ndpi_detection_giveup(module, one->state, 1, &guessed);
    finish(one);
  }
}

static double play(const uint8_t *file, size_t size, int with_ndpi, unsigned long *packets) {
  struct timespec began, ended;
  *packets = 0;
  clock_gettime(CLOCK_MONOTONIC, &began);
  for (size_t at = FILE_HEADER; at + RECORD_HEADER <= size;) {
    uint32_t header[4];
    memcpy(header, file + at, sizeof header);
    at += RECORD_HEADER;
    if (at + header[2] > size) break;
    packet seen;
    ++*packets;
    if (decode(file + at, header[2], &seen)) {
      flow *one = find(&seen.key);
      uint64_t at_us = header[0] * 1000000ull + header[1];
      if (!one->packets++) one->first_us = at_us;
      one->last_us = at_us;
      one->bytes += header[3];
      if (with_ndpi && !one->done) classify(one, &seen, at_us);
    }
    at += header[2];
  }
  clock_gettime(CLOCK_MONOTONIC, &ended);
  return (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
}

static void forget(void) {
  for (size_t i = 0; i < capacity; i++)
    if (table[i].state) ndpi_free_flow(table[i].state);
  memset(table, 0, capacity * sizeof *table);
  flows = 0;
}

static size_t in_use(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

static uint8_t *slurp(const char *path, size_t *size) {
  FILE *in = fopen(path, "rb");
  uint32_t link;
  if (!in) return perror(path), NULL;
  fseek(in, 0, SEEK_END);
  *size = (size_t)ftell(in);
  rewind(in);
  uint8_t *file = malloc(*size);
  if (!file || fread(file, 1, *size, in) != *size || *size < FILE_HEADER) return fprintf(stderr, "%s: cannot be read\n", path), NULL;
  fclose(in);
  memcpy(&link, file + 20, sizeof link);
  if (memcmp(file, "\xd4\xc3\xb2\xa1", 4) || link != ETHERNET) return fprintf(stderr, "%s: not a little-endian Ethernet pcap\n", path), NULL;
  return file;
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "ndpi") && strcmp(argv[1], "table"))) {
    fprintf(stderr, "usage: libndpi_loop table|ndpi FILE [ROUNDS]\n");
    return 2;
  }
  int with_ndpi = !strcmp(argv[1], "ndpi"), rounds = argc > 3 ? atoi(argv[3]) : 5;
  size_t size;
  uint8_t *file = slurp(argv[2], &size);
  if (!file) return 1;
  NDPI_PROTOCOL_BITMASK all;
  module = ndpi_init_detection_module(ndpi_no_prefs);
  NDPI_BITMASK_SET_ALL(all);
  ndpi_set_protocol_detection_bitmask2(module, &all);
  ndpi_finalize_initialization(module);
  size_t before = in_use();
  unsigned long packets = 0;
  printf("{\"seconds\":[");
  for (int round = 0; round <= rounds; round++) {
    if (round) forget();
    double seconds = play(file, size, with_ndpi, &packets);
    if (round) printf("%s%.6f", round > 1 ? "," : "", seconds);
  }
  printf("],\"packets\":%lu,\"flows\":%zu,\"bytes_in_use\":%zu}\n", packets, flows, in_use() - before);
  return 0;
}
